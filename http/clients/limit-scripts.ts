/**
 * Scripts for the limiters of rate-limiter-flexible. It calls them with KEYS: one counter; ARGV: what to take, the
 * window in
 * whole seconds, the limit, the window in seconds; and wants what is consumed now, and milliseconds. What is consumed
 * beyond
 * the limit is a refusal. Its own script counts refused requests too, which would keep an eager client out for good.
 */

/**
 * A token bucket as GCRA (ITU-T I.371): the key holds the time, in milliseconds, at which the bucket is full again. The
 * clock is that of Redis, so that those of the gateways need not agree. Milliseconds: until the bucket is full, or
 * after a
 * refusal until it holds enough.
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

/** A sum that grows only by what fits. Milliseconds: until the key is removed. */
export const boundedSumScript = `
local take, seconds, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sum = tonumber(redis.call('GET', KEYS[1]) or 0) + take
if sum <= limit then redis.call('SET', KEYS[1], sum, 'EX', seconds) end
return {sum, seconds * 1000}
`;

/**
 * Renews leases of places that are held. KEYS: sorted set of leases by their end. ARGV: duration of a lease in
 * milliseconds, then names of leases. A lease that has ended begins anew, because its place is in use.
 */
export const renewPlacesScript = `
local duration = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for at = 2, #ARGV do redis.call('ZADD', KEYS[1], now + duration, ARGV[at]) end
redis.call('PEXPIRE', KEYS[1], duration)
`;

/**
 * A place among those that are in use. KEYS: sorted set of leases by their end. ARGV: limit, name of the lease, its
 * duration in milliseconds. Answers how many places are left, or -1 when there was none.
 */
export const takePlaceScript = `
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
