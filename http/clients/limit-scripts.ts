/**
 * Scripts for the limiters of rate-limiter-flexible. KEYS: one counter. ARGV: the amount to take, the window in whole
 * seconds, the limit, the window in seconds. Each script returns the consumed amount and a time (ms). An amount above
 * the limit means a refusal. The library's own script also counts refused requests, so a client that retries fast would
 * be refused for ever.
 */

/**
 * A token bucket as GCRA (ITU-T I.371): the key holds the time (ms) at which the bucket is full again. The script uses
 * the clock of Redis, so that the clocks of the gateways need not agree. The returned time (ms) lasts until the bucket
 * is full, or after a refusal until it holds enough.
 */
export const tokenBucketScript = `
local take, limit, fill = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]) * 1000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + take * fill / limit
local wait = full - now - fill
if wait > 0 then return {limit + take, math.ceil(wait)} end
local left = math.max(1, math.ceil(full - now))
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', left)
return {math.min(limit, math.ceil((full - now) * limit / fill)), left}
`;

/** A sum that grows only by amounts that fit under the limit. The returned time (ms) lasts until the key expires. */
export const boundedSumScript = `
local take, seconds, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sum = tonumber(redis.call('GET', KEYS[1]) or 0) + take
if sum <= limit then redis.call('SET', KEYS[1], sum, 'EX', seconds) end
return {sum, seconds * 1000}
`;

/**
 * Renews leases of slots. KEYS: sorted set of leases by their end. ARGV: duration of a lease (ms), then names of
 * leases. A lease that has expired starts again, because its slot is in use.
 */
export const renewSlotsScript = `
local duration = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for at = 2, #ARGV do redis.call('ZADD', KEYS[1], now + duration, ARGV[at]) end
redis.call('PEXPIRE', KEYS[1], duration)
`;

/**
 * Takes a slot. KEYS: sorted set of leases by their end. ARGV: limit, name of the lease, its duration (ms). Returns
 * the number of free slots left, or -1 when there was no free slot.
 */
export const takeSlotScript = `
local limit, lease, duration = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local taken = redis.call('ZCARD', KEYS[1])
if taken >= limit then return -1 end
redis.call('ZADD', KEYS[1], now + duration, lease)
redis.call('PEXPIRE', KEYS[1], duration)
return limit - taken - 1
`;
