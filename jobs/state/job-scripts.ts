/**
 * Both scripts apply a record of a topic to the stored state of its job, exactly once. They share the first KEYS and
 * ARGV.
 *
 * - KEYS: hash of the job, bitmap of its images with an outcome, list of its parts, hash of positions, set of ended
 *   jobs, sorted set of accepting jobs by the time of their last record.
 * - ARGV: place (`topic/partition`), expected position (empty: none), next position, job id, seconds that the job is
 *   kept.
 *
 * They return 1; or 0, without any change, when the position is not the expected one.
 */
const begin = `
local job, items, parts, positions, ended, accepting = unpack(KEYS)
local place, expected, next, id, seconds = unpack(ARGV)
if (redis.call('HGET', positions, place) or '') ~= expected then return 0 end
redis.call('HSET', positions, place, next)
local function number(field) return tonumber(redis.call('HGET', job, field) or 0) end
`;

/** Common end of both scripts. */
const finish = `
local state = redis.call('HGET', job, 'state')
if (state == 'accepted' or state == 'cancelled') and redis.call('HEXISTS', job, 'finishedAt') == 0 then
  if number('tagged') + number('failed') >= number('images') then redis.call('SADD', ended, id) end
end
for _, key in ipairs({job, items, parts}) do redis.call('EXPIRE', key, seconds) end
return 1
`;

/**
 * Applies a job record. KEYS 7: sorted set of the client's job ids. ARGV 6: the job as JSON; 7: prefix of the hashes of
 * jobs. A state never goes back, because another gateway may cancel a job while the first one still accepts it. The
 * number of images only grows.
 */
export const applyJobScript = `${begin}
local record = cjson.decode(ARGV[6])
local rank = { accepting = 1, accepted = 2, cancelled = 3 }
local state = redis.call('HGET', job, 'state')
if not state then
  redis.call('HSET', job, 'samples', cjson.encode({{record.createdAt, 0}}), 'record', ARGV[6])
  redis.call('ZADD', KEYS[7], 0, id)
  -- Each new job removes up to two expired ids, so that few expired ids stay in the list.
  for _, oldest in ipairs(redis.call('ZRANGE', KEYS[7], 0, 1)) do
    if redis.call('EXISTS', ARGV[7] .. oldest) == 0 then redis.call('ZREM', KEYS[7], oldest) end
  end
end
redis.call('EXPIRE', KEYS[7], 10 * seconds)
if rank[record.state] >= (rank[state] or 0) then redis.call('HSET', job, 'state', record.state, 'updatedAt', string.format('%d', record.updatedAt)) end
if record.images > number('images') then redis.call('HSET', job, 'images', string.format('%d', record.images)) end
if redis.call('HGET', job, 'state') == 'accepting' then
  redis.call('ZADD', accepting, record.updatedAt, id)
else
  redis.call('ZREM', accepting, id)
end
${finish}`;

/**
 * Applies a record of `job-progress`. ARGV 6: the part as JSON, or empty for the summary; 7: epoch milliseconds. An
 * image counts once, even when a later part repeats its result.
 */
export const applyProgressScript = `${begin}
local at = tonumber(ARGV[7])
if ARGV[6] == '' then
  redis.call('HSETNX', job, 'finishedAt', ARGV[7])
  redis.call('SREM', ended, id)
  redis.call('ZREM', accepting, id)
else
  local part = cjson.decode(ARGV[6])
  local reasons = {}
  for code, failed in pairs(part.failed) do
    for _, item in ipairs(failed) do reasons[item] = code end
  end
  local repeated, last = {}, -1
  for line, item in ipairs(part.items) do
    if redis.call('SETBIT', items, item, 1) == 1 then
      repeated[#repeated + 1] = line - 1
    elseif reasons[item] then
      redis.call('HINCRBY', job, 'failed', 1)
      redis.call('HINCRBY', job, 'failed:' .. reasons[item], 1)
    else
      redis.call('HINCRBY', job, 'tagged', 1)
    end
    last = math.max(last, item)
  end
  -- A gateway that crashed may have sent more images than it announced.
  if last + 1 > number('images') then redis.call('HSET', job, 'images', string.format('%d', last + 1)) end
  if #repeated < #part.items then
    local listed = { key = part.key, lines = #part.items }
    if #repeated > 0 then listed.repeated = repeated end
    redis.call('RPUSH', parts, cjson.encode(listed))
  end
  local samples = cjson.decode(redis.call('HGET', job, 'samples') or '[]')
  local latest = samples[#samples]
  if not latest or at - latest[1] >= 2000 then
    samples[#samples + 1] = {at, number('tagged') + number('failed')}
    if #samples > 30 then table.remove(samples, 1) end
    redis.call('HSET', job, 'samples', cjson.encode(samples))
  end
end
${finish}`;

/** Moves the position only. KEYS: hash of positions. ARGV: place, expected position, next position. */
export const skipScript = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;
