-- Takes tokens from a bucket, if there are as many. What is kept is what is missing in it, in parts of a token of which `limit` come in
-- a microsecond, so that all numbers are whole.
-- KEYS: the bucket. ARGV: limit, per (µs), burst, units.
-- Gives: 1 if they were taken, how many are left, after how long (µs) it is full, how long (µs) to wait.
local limit, per, burst, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local known = redis.call('HMGET', KEYS[1], 'missing', 'at')
local missing, at = tonumber(known[1]) or 0, tonumber(known[2]) or now
missing = math.max(0, missing - math.max(0, now - at) * limit)
local after, most = missing + units * per, burst * per
if after > most then
  return {0, math.floor((most - missing) / per), math.ceil(missing / limit), math.ceil((after - most) / limit)}
end
redis.call('HSET', KEYS[1], 'missing', string.format('%.0f', after), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(after / limit / 1000))
return {1, math.floor((most - after) / per), math.ceil(after / limit), 0}
