import type { Redis } from 'ioredis';

/**
 * Stores a record only over the version that it was made from; with a fence, only while the fence still holds its
 * nonce. Raises `wake` when the change is progress, and appends its notes to the timeline, all or nothing.
 * KEYS: session, timeline, open, fence ('' for none), ended.
 * ARGV: version, record, id, over (its state, or ''), wake (0/1), nonce, notes…
 * Returns 1 stored, 0 somebody else wrote first, -1 fenced off, -2 no such session, or one that is being forgotten.
 */
const STORE = `
if KEYS[4] ~= '' and redis.call('GET', KEYS[4]) ~= ARGV[6] then return -1 end
local version, forgotten = unpack(redis.call('HMGET', KEYS[1], 'version', 'forgotten'))
if not version or forgotten then return -2 end
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', tonumber(version) + 1, 'record', ARGV[2])
if ARGV[5] == '1' then redis.call('HINCRBY', KEYS[1], 'wake', 1) end
for i = 7, #ARGV do redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', 'note', ARGV[i]) end
if ARGV[4] == '' then redis.call('SADD', KEYS[3], ARGV[3])
elseif redis.call('SREM', KEYS[3], ARGV[3]) == 1 then redis.call('HINCRBY', KEYS[5], ARGV[4], 1) end
return 1`;

/**
 * Creates a session unless its idempotency key, or its place in its group, is taken.
 * KEYS: session, sessions, open, idempotency ('' for none), the group's sessions ('' for none).
 * ARGV: id, record, plan, createdAt, recipe hash, index in the group.
 * Returns the id that has the key or the place, and the recipe hash it was given with.
 */
const CREATE = `
if KEYS[4] ~= '' then
  local taken = redis.call('HMGET', KEYS[4], 'session', 'recipe')
  if taken[1] then return taken end
  redis.call('HSET', KEYS[4], 'session', ARGV[1], 'recipe', ARGV[5])
end
if KEYS[5] ~= '' then
  local there = redis.call('ZRANGEBYSCORE', KEYS[5], ARGV[6], ARGV[6])
  if there[1] then return {there[1], ARGV[5]} end
  redis.call('ZADD', KEYS[5], ARGV[6], ARGV[1])
end
redis.call('HSET', KEYS[1], 'version', 1, 'wake', 0, 'record', ARGV[2], 'plan', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
return {ARGV[1], ARGV[5]}`;

/**
 * Creates a group unless its idempotency key is taken.
 * KEYS: group, groups, idempotency ('' for none). ARGV: id, group, createdAt, recipe hash.
 * Returns the id that has the key, and the recipe hash it was given with.
 */
const CREATE_GROUP = `
if KEYS[3] ~= '' then
  local taken = redis.call('HMGET', KEYS[3], 'session', 'recipe')
  if taken[1] then return taken end
  redis.call('HSET', KEYS[3], 'session', ARGV[1], 'recipe', ARGV[4])
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return {ARGV[1], ARGV[4]}`;

/**
 * Advances the cluster's clock of observations by one successful look.
 * KEYS: cluster, fence. ARGV: nonce, observed time (s), longest step (s). Returns the clock, or nil when fenced off.
 */
const TICK = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return nil end
local seen = tonumber(redis.call('HGET', KEYS[1], 'observed') or ARGV[2])
local step = math.max(0, math.min(tonumber(ARGV[2]) - seen, tonumber(ARGV[3])))
redis.call('HSET', KEYS[1], 'observed', ARGV[2])
return redis.call('HINCRBYFLOAT', KEYS[1], 'clock', step)`;

/** Extends a lease that still holds our nonce. KEYS: lease. ARGV: nonce, milliseconds. */
const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** Gives a lease back. KEYS: lease. ARGV: nonce. */
const YIELD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** KEYS: sleepers. ARGV: name, milliseconds. Returns Redis' time. */
const SLEEP = `${NOW}
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return now`;

/** KEYS: sleepers. ARGV: milliseconds for whoever wakes them, most. Returns until when, and their names. */
const DUE = `${NOW}
local names = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, ARGV[2])
for _, name in ipairs(names) do redis.call('ZADD', KEYS[1], now + ARGV[1], name) end
return {string.format('%.0f', now + ARGV[1]), unpack(names)}`;

/** KEYS: sleepers. ARGV: name, until when it was given to us. Another sleep, begun since, stays. */
const WOKEN = `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])`;

/** KEYS: sleepers. ARGV: name, milliseconds: no later than then, if it still sleeps. */
const HURRY = `${NOW}
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) <= now + ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return 1`;

/** KEYS: session. ARGV: version. Returns 1, or 0 when the session has another version by now. */
const MARK_FORGOTTEN = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'forgotten', 1)
return 1`;

/**
 * KEYS: session, timeline, counts, sessions, groups, the group's sessions ('' for none), group, idempotency ('' for
 * none). ARGV: id, the group's id. The key goes with whom it was given for: the session, or the whole group.
 */
const FORGET = `
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('ZREM', KEYS[4], ARGV[1])
local owner = ARGV[1]
if KEYS[6] ~= '' then
  redis.call('ZREM', KEYS[6], ARGV[1])
  if redis.call('EXISTS', KEYS[6]) == 1 then return 1 end
  redis.call('DEL', KEYS[7])
  redis.call('ZREM', KEYS[5], ARGV[2])
  owner = ARGV[2]
end
if KEYS[8] ~= '' and redis.call('HGET', KEYS[8], 'session') == owner then redis.call('DEL', KEYS[8]) end
return 1`;

/** KEYS: one. ARGV: seconds. Removes it when nobody has touched it for so long. */
const FORGET_IDLE = `
local idle = redis.call('OBJECT', 'IDLETIME', KEYS[1])
if not idle or idle < tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])`;

const SCRIPTS = {
  STORE,
  CREATE,
  CREATE_GROUP,
  TICK,
  RENEW,
  YIELD,
  SLEEP,
  DUE,
  WOKEN,
  HURRY,
  MARK_FORGOTTEN,
  FORGET,
  FORGET_IDLE,
} as const;

/** Runs one of our scripts. `keyCount` of the arguments are keys. */
export async function runScript(
  redis: Redis,
  name: keyof typeof SCRIPTS,
  scriptKeys: string[],
  args: (string | number)[],
): Promise<unknown> {
  return redis.eval(SCRIPTS[name], scriptKeys.length, ...scriptKeys, ...args);
}
