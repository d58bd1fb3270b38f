import { createHash } from 'node:crypto';
import { HELD_PART, SHARE_KEPT_MS, SMALLEST_PART } from '../../store/core/budget-shares.js';
import { DAY, HOUR } from '../../units/time.js';

/** A Lua script that reads and changes one key. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

/** How long the row of an instance is kept after its last request, which may be repeated. */
const FORGOTTEN_MS = DAY;
/** Shortest time until a key expires: clocks differ. */
const SHORTEST_MS = HOUR;

/**
 * A hash holds a budget of one period: sums, and a field for each instance. Numbers of Lua are doubles, so sums are added by
 * HINCRBY, and compared as text.
 *
 * Redis can lose data: it restarts empty or with an old snapshot, fails over to a replica that is behind, or evicts the key.
 * Each request raises a sum to the last one that its instance has seen, which is the same however many instances do it.
 */
const SHARED = `
local key = KEYS[1]
local function integer(number) return string.format('%.0f', number) end
local function isLess(one, other) return #one < #other or (#one == #other and one < other) end
local function sumOf(field) return redis.call('HGET', key, field) or '0' end
local function raise(field, known)
  if isLess(sumOf(field), known) then redis.call('HSET', key, field, known) end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function expire(at)
  redis.call('PEXPIREAT', key, integer(math.max(tonumber(at), now + ${SHORTEST_MS})))
end
`;

/**
 * Adds spend that has not been counted yet, and returns the sums of all instances.
 * Arguments: instance, time to expire, number, spent units, calls with unknown cost, known sums of both.
 */
export const ADD = scriptOf(`${SHARED}
local field = 'added:' .. ARGV[1]
raise('usd', ARGV[6])
raise('unknown', ARGV[7])
if tonumber(ARGV[3]) > tonumber(sumOf(field)) then
  redis.call('HINCRBY', key, 'usd', ARGV[4])
  redis.call('HINCRBY', key, 'unknown', ARGV[5])
  redis.call('HSET', key, field, ARGV[3])
end
expire(ARGV[2])
return {sumOf('usd'), sumOf('unknown')}
`);

/**
 * Reports spend and grants a share, as `allocate` of `budget-shares.ts` does. The sum is separate from that of `ADD`, which
 * counts the same calls at other times.
 * Arguments: instance, time to expire, number, spent units, known sum, limit, wanted units, known sum of all reports.
 */
export const SHARE = scriptOf(`${SHARED}
local field = 'share:' .. ARGV[1]
local own, count, others = nil, 0, 0
local fields = redis.call('HGETALL', key)
for index = 1, #fields, 2 do
  local name = fields[index]
  if string.sub(name, 1, 6) == 'share:' then
    local number, granted, at = string.match(fields[index + 1], '^(%d+) (%d+) (%d+)$')
    local age = now - tonumber(at)
    if name == field then
      own = {number = tonumber(number), granted = tonumber(granted)}
    elseif age < ${SHARE_KEPT_MS} then
      count = count + 1
      others = others + tonumber(granted)
    elseif age > ${FORGOTTEN_MS} then
      redis.call('HDEL', key, name)
    end
  end
end
raise('shared', ARGV[5])
local number = tonumber(ARGV[3])
local left = own and own.granted or 0
if not own or number > own.number then
  redis.call('HINCRBY', key, 'shared', ARGV[4])
  left = math.max(0, left - tonumber(ARGV[4]))
else
  number = own.number
end
local spent = sumOf('shared')
for _, known in ipairs({sumOf('usd'), ARGV[8]}) do
  if isLess(spent, known) then spent = known end
end
local limit, wanted, instances = tonumber(ARGV[6]), tonumber(ARGV[7]), count + 1
local rest = math.max(0, limit - tonumber(spent) - others)
local granted = 0
if wanted > 0 then
  local fair = math.floor(rest * ${HELD_PART} / instances)
  local smallest = math.floor(limit * ${SMALLEST_PART} / instances)
  granted = math.min(rest, math.max(left, fair, smallest, wanted))
end
redis.call('HSET', key, field, integer(number) .. ' ' .. integer(granted) .. ' ' .. integer(now))
expire(ARGV[2])
return {integer(granted), spent, integer(rest - granted), integer(instances), sumOf('shared')}
`);

function scriptOf(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
