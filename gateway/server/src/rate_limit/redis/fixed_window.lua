-- Takes units from a window that begins with the first request, if there are as many. The window ends when its key does.
-- KEYS: the window. ARGV: limit, per (µs), burst (not used), units.
-- Gives: 1 if they were taken, how many are left, after how long (µs) it ends, how long (µs) to wait.
local limit, per, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local taken = tonumber(redis.call('GET', KEYS[1])) or 0
local left = redis.call('PTTL', KEYS[1]) * 1000
if left < 0 then
  left = per
end
if taken + units > limit then
  return {0, math.max(0, limit - taken), left, left}
end
if taken == 0 then
  redis.call('SET', KEYS[1], units, 'PX', math.ceil(per / 1000))
else
  redis.call('INCRBY', KEYS[1], units)
end
return {1, limit - taken - units, left, 0}
