/**
 * Scripts of kept answers. Each is atomic, costs O(log n), and does a bounded amount of work. Redis Cluster is not
 * supported: the scripts compute names of keys, and touch entries of other clients.
 *
 * KEYS: the entry. ARGV: prefix of all names, client, id of the entry, bytes of a client's own lists, most bytes of the
 * client, most bytes of all clients, marker, its bytes. Each script documents its arguments from ARGV[9] on. Times are
 * in ms, by the clock of Redis.
 *
 * An entry is a string: the marker of a request in flight, or an answer. Redis expires entries. Bookkeeping:
 * - `begun:<client>`, `kept:<client>`: sorted sets of `<id>:<bytes>` by the time at which the entry expires;
 * - `bytes`: hash of the bytes of each client, and of all clients (`*`, which is not a valid client name);
 * - `holders`: sorted set of the clients that have answers, by their bytes;
 * - `ends`: sorted set of all clients, by the time at which their first entry expires.
 * Each of them expires with the last entry that it counts.
 */
const library = `
local root, client, id = ARGV[1], ARGV[2], ARGV[3]
local listBytes, mostOfClient, mostOfAll = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local entry, marker, markerBytes = KEYS[1], ARGV[7], tonumber(ARGV[8])
local sums, holders, ends = root .. 'bytes', root .. 'holders', root .. 'ends'
-- The largest answer needs the room of fewer than 200 of the smallest answers.
local sweptACall, evictedACall = 100, 200
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function listOf(state, name) return root .. state .. ':' .. name end
local function sumOf(name) return tonumber(redis.call('HGET', sums, name) or 0) end
local function firstEnd(state, name)
  return tonumber(redis.call('ZRANGE', listOf(state, name), 0, 0, 'WITHSCORES')[2])
end

local function count(name, bytes)
  redis.call('HINCRBY', sums, name, bytes)
  redis.call('HINCRBY', sums, '*', bytes)
end

-- Updates the sum and the ranks of a client after a change of its lists.
local function settle(name)
  local begun, kept = firstEnd('begun', name), firstEnd('kept', name)
  if begun or kept then
    redis.call('ZADD', ends, math.min(begun or kept, kept or begun), name)
    if kept then redis.call('ZADD', holders, sumOf(name), name) else redis.call('ZREM', holders, name) end
    return
  end
  -- Removes all traces of a client without entries, even if a count was wrong.
  redis.call('HINCRBY', sums, '*', 0 - sumOf(name))
  redis.call('HDEL', sums, name)
  redis.call('ZREM', ends, name)
  redis.call('ZREM', holders, name)
  if redis.call('HLEN', sums) <= 1 then redis.call('DEL', sums) end
end

-- Counts the lists of a client that has none yet; settle() subtracts them with the client's last entry.
local function open()
  if redis.call('HEXISTS', sums, client) == 0 then count(client, listBytes) end
end

local function drop(state, name, member)
  if redis.call('ZREM', listOf(state, name), member) == 0 then return end
  count(name, '-' .. string.match(member, '%d+$'))
end

local function last(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, ms) end
end

local function add(state, bytes, ms)
  open()
  -- The member of an expired entry that was not swept yet is counted already.
  if redis.call('ZADD', listOf(state, client), now + ms, id .. ':' .. bytes) == 1 then count(client, bytes) end
  settle(client)
  for _, key in ipairs({sums, holders, ends}) do last(key, ms) end
  -- Both lists of a client expire together. Otherwise the members of the list that expired first would stay counted.
  local begun, kept = listOf('begun', client), listOf('kept', client)
  local at = now + math.max(ms, redis.call('PTTL', begun), redis.call('PTTL', kept))
  for _, key in ipairs({begun, kept}) do redis.call('PEXPIREAT', key, at) end
end

-- Removes the bookkeeping of expired entries.
local function sweep()
  local left = sweptACall
  while left > 0 do
    local name = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 1)[1]
    if not name then return end
    for _, state in ipairs({'begun', 'kept'}) do
      local ended = redis.call('ZRANGEBYSCORE', listOf(state, name), '-inf', now, 'LIMIT', 0, left)
      for _, member in ipairs(ended) do drop(state, name, member) end
      left = left - #ended
    end
    settle(name)
    left = left - 1
  end
end

-- Evicts the client's oldest answer. Markers are in another list, so that no request in flight loses its key.
local function evictOldest(name)
  local oldest = redis.call('ZRANGE', listOf('kept', name), 0, 0, 'WITHSCORES')
  if not oldest[1] then return false end
  -- The id of an expired entry may have a new entry, which must stay.
  if tonumber(oldest[2]) > now then redis.call('DEL', root .. 'entry:' .. string.match(oldest[1], '^%x+')) end
  drop('kept', name, oldest[1])
  settle(name)
  return true
end

-- Evicts answers until the client has room for more bytes. Returns whether there is room, and the number of evictions.
local function makeRoom(bytes)
  for evicted = 0, evictedACall do
    open()
    local victim
    local mine = sumOf(client) + bytes
    if mine > mostOfClient then
      victim = client
    elseif sumOf('*') + bytes > mostOfAll then
      victim = redis.call('ZREVRANGE', holders, 0, 0)[1]
      -- No client loses an answer to one that holds more.
      if not victim or sumOf(victim) < mine then victim = client end
    else
      return true, evicted
    end
    if evicted == evictedACall or not evictOldest(victim) then return false, evicted end
  end
end
`;

/**
 * Writes a marker unless the key has an entry. ARGV[9]: lease. Returns `taken`, `begun` or `full`, and the number of
 * evicted answers.
 */
export const beginScript = `${library}
local lease = tonumber(ARGV[9])
-- The first write may fail when Redis is out of memory (OOM); later writes of the script cannot.
if not redis.call('SET', entry, marker, 'NX', 'PX', lease) then return {'taken', 0} end
sweep()
local fits, evicted = makeRoom(markerBytes)
-- A marker has fewer bytes than any answer, so a single eviction makes enough room.
if not fits and evicted == 0 then
  redis.call('DEL', entry)
  settle(client)
  return {'full', 0}
end
add('begun', markerBytes, lease)
return {'begun', evicted}
`;

/** Renews the lease of a marker. ARGV[9]: lease. Returns 0 when the marker is gone. */
export const renewScript = `${library}
local lease = tonumber(ARGV[9])
if redis.call('GET', entry) ~= marker then return 0 end
redis.call('PEXPIRE', entry, lease)
add('begun', markerBytes, lease)
return 1
`;

/**
 * Replaces a marker by an answer. ARGV[9…]: answer, its bytes, the time for which it is kept. Returns `lost` when the
 * marker is gone, `kept` or `no-room`, and the number of evicted answers.
 */
export const finishScript = `${library}
local answer, bytes, keep = ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[11])
if redis.call('GET', entry) ~= marker then return {'lost', 0} end
-- The first write may fail when Redis is out of memory (OOM); later writes of the script cannot.
redis.call('SET', entry, answer, 'PX', keep)
drop('begun', client, id .. ':' .. markerBytes)
sweep()
local fits, evicted = makeRoom(bytes)
if not fits then
  redis.call('DEL', entry)
  settle(client)
  return {'no-room', evicted}
end
add('kept', bytes, keep)
return {'kept', evicted}
`;

/** Removes a marker. Returns 0 when the marker is gone. */
export const abandonScript = `${library}
if redis.call('GET', entry) ~= marker then return 0 end
redis.call('DEL', entry)
drop('begun', client, id .. ':' .. markerBytes)
settle(client)
sweep()
return 1
`;
