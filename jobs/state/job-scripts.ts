/**
 * Both scripts take a record of a topic into what is kept of its job, once: KEYS and the first ARGV are the same for
 * both.
 *
 * KEYS: hash of the job, bitmap of its images with an outcome, list of its parts, hash of positions, set of jobs that
 * ended, sorted set of jobs that are accepting by the time of their last word. ARGV: place (`topic/partition`), the
 * position
 * that is expected (empty: none), the position behind the record, job id, seconds that the job is kept. They answer 1,
 * or
 * 0 when the position is another one and nothing was done.
 */
const begin = `
local job, items, parts, positions, ended, accepting = unpack(KEYS)
local place, expected, next, id, seconds = unpack(ARGV)
if (redis.call('HGET', positions, place) or '') ~= expected then return 0 end
redis.call('HSET', positions, place, next)
local function number(field) return tonumber(redis.call('HGET', job, field) or 0) end
`;

/** What both end with. */
const finish = `
local state = redis.call('HGET', job, 'state')
if (state == 'accepted' or state == 'cancelled') and redis.call('HEXISTS', job, 'finishedAt') == 0 then
  if number('tagged') + number('failed') >= number('images') then redis.call('SADD', ended, id) end
end
for _, key in ipairs({job, items, parts}) do redis.call('EXPIRE', key, seconds) end
return 1
`;

/**
 * What was asked for. KEYS 7: the client's jobs, by id. ARGV 6: the job as JSON; 7: what keys of jobs begin with. A
 * state never goes back (another gateway may cancel a job while one is still
 * accepting it), and the number of images only grows.
 */
export const applyJobScript = `${begin}
local said = cjson.decode(ARGV[6])
local rank = { accepting = 1, accepted = 2, cancelled = 3 }
local state = redis.call('HGET', job, 'state')
if not state then
  redis.call('HSET', job, 'samples', cjson.encode({{said.createdAt, 0}}), 'record', ARGV[6])
  redis.call('ZADD', KEYS[7], 0, id)
  -- Two for one: so the list never holds many that are forgotten.
  for _, oldest in ipairs(redis.call('ZRANGE', KEYS[7], 0, 1)) do
    if redis.call('EXISTS', ARGV[7] .. oldest) == 0 then redis.call('ZREM', KEYS[7], oldest) end
  end
end
redis.call('EXPIRE', KEYS[7], 10 * seconds)
if rank[said.state] >= (rank[state] or 0) then redis.call('HSET', job, 'state', said.state, 'updatedAt', string.format('%d', said.updatedAt)) end
if said.images > number('images') then redis.call('HSET', job, 'images', string.format('%d', said.images)) end
if redis.call('HGET', job, 'state') == 'accepting' then
  redis.call('ZADD', accepting, said.updatedAt, id)
else
  redis.call('ZREM', accepting, id)
end
${finish}`;

/**
 * A part of the results, or the summary. ARGV 6: the part as JSON, or empty; 7: epoch milliseconds. An image counts
 * once,
 * also when its result comes again in another part.
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
  -- Of a job whose gateway has gone nobody knows how many images it sent.
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

/** Only moves the position. KEYS: hash of positions. ARGV: place, expected, next. */
export const skipScript = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;
