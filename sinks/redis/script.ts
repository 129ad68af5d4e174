/**
 * Stores one result of one photo, whole or not at all unless a key holds another type. Returns 1, or 0 if the photo
 * already holds a newer result of the same pipeline.
 *
 * KEYS: photo hash. ARGV: prefix, imageId, pipeline name, event time (epoch ms), sets as JSON, result as JSON, then
 * pairs of field and value that describe the photo itself.
 *
 * The script removes a photo from a set only if none of its pipelines still names the set. It derives the names of the
 * sets, because only Redis knows the sets to remove the photo from. So in Redis Cluster all keys have to share a slot.
 */
export const storeResultScript = `
local photo, prefix, image, pipeline, time = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local held = redis.call('HMGET', photo, 'eventTime:' .. pipeline, 'sets:' .. pipeline, 'eventTime', 'pipelines')
if held[1] and tonumber(held[1]) > time then return 0 end

local wanted = {}
for _, set in ipairs(cjson.decode(ARGV[5])) do
  wanted[set] = true
  redis.call('SADD', prefix .. set, image)
end

local pipelines = held[4] and cjson.decode(held[4]) or {}
local known = false
for _, name in ipairs(pipelines) do
  if name == pipeline then known = true end
end

if held[2] and held[2] ~= ARGV[5] then
  for _, name in ipairs(pipelines) do
    if name ~= pipeline then
      for _, set in ipairs(cjson.decode(redis.call('HGET', photo, 'sets:' .. name) or '[]')) do wanted[set] = true end
    end
  end
  for _, set in ipairs(cjson.decode(held[2])) do
    if not wanted[set] then redis.call('SREM', prefix .. set, image) end
  end
end

redis.call('HSET', photo, 'eventTime:' .. pipeline, ARGV[4], 'sets:' .. pipeline, ARGV[5], 'result:' .. pipeline, ARGV[6])
if not known then
  table.insert(pipelines, pipeline)
  redis.call('HSET', photo, 'pipelines', cjson.encode(pipelines))
end
if not held[3] or tonumber(held[3]) <= time then redis.call('HSET', photo, unpack(ARGV, 7)) end
return 1
`;
