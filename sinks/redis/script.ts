/**
 * Stores one result of one photo, whole or not at all unless a key holds another type. Returns 1, or 0 if the photo
 * already holds a newer result of the same pipeline. Of two results with the same event time, the one with the greater
 * id counts as newer (`compareVersions`): the script compares bytes, because `<` in Lua follows the locale of Redis.
 *
 * KEYS: photo hash. ARGV: prefix, imageId, pipeline name, event time (epoch ms), id of the result, sets as JSON, result
 * as JSON, then pairs of field and value that describe the photo itself.
 *
 * The script removes a photo from a set only if none of its pipelines still names the set. It derives the names of the
 * sets, because only Redis knows the sets to remove the photo from. So in Redis Cluster all keys have to share a slot.
 */
export const storeResultScript = `
local photo, prefix, image, pipeline, time, id = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

local function isLess(one, other)
  for at = 1, math.min(#one, #other) do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a < b end
  end
  return #one < #other
end

local function isOlderThan(heldTime, heldId)
  if tonumber(heldTime) ~= time then return time < tonumber(heldTime) end
  return isLess(id, heldId())
end

local fields = {'eventTime:' .. pipeline, 'sets:' .. pipeline, 'eventTime', 'pipelines', 'resultId'}
local held = redis.call('HMGET', photo, unpack(fields))
local function idOfPipeline() return cjson.decode(redis.call('HGET', photo, 'result:' .. pipeline)).id or '' end
if held[1] and isOlderThan(held[1], idOfPipeline) then return 0 end

local wanted = {}
for _, set in ipairs(cjson.decode(ARGV[6])) do
  wanted[set] = true
  redis.call('SADD', prefix .. set, image)
end

local pipelines = held[4] and cjson.decode(held[4]) or {}
local known = false
for _, name in ipairs(pipelines) do
  if name == pipeline then known = true end
end

if held[2] and held[2] ~= ARGV[6] then
  for _, name in ipairs(pipelines) do
    if name ~= pipeline then
      for _, set in ipairs(cjson.decode(redis.call('HGET', photo, 'sets:' .. name) or '[]')) do wanted[set] = true end
    end
  end
  for _, set in ipairs(cjson.decode(held[2])) do
    if not wanted[set] then redis.call('SREM', prefix .. set, image) end
  end
end

redis.call('HSET', photo, 'eventTime:' .. pipeline, ARGV[4], 'sets:' .. pipeline, ARGV[6], 'result:' .. pipeline, ARGV[7])
if not known then
  table.insert(pipelines, pipeline)
  redis.call('HSET', photo, 'pipelines', cjson.encode(pipelines))
end
local function idOfPhoto() return held[5] or '' end
if not (held[3] and isOlderThan(held[3], idOfPhoto)) then
  redis.call('HSET', photo, 'resultId', id, unpack(ARGV, 8))
end
return 1
`;
