-- Takes units from a sliding window, if there are as many: of the window before this one as much counts as still lies within `per` of now.
-- KEYS: the windows. ARGV: limit, per (µs), burst (not used), units.
-- Gives: 1 if they were taken, how many are left, after how long (µs) nothing counts any more, how long (µs) to wait.
local limit, per, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local known = redis.call('HMGET', KEYS[1], 'began', 'before', 'taken')
local began, before, taken = tonumber(known[1]) or now, tonumber(known[2]) or 0, tonumber(known[3]) or 0
local age = math.max(0, now - began)
if age >= 2 * per then
  began, before, taken, age = now, 0, 0, 0
elseif age >= per then
  began, before, taken, age = began + per, taken, 0, age - per
end
-- How old a window has to be for so much room beside what `of` of the one before still counts for.
local function age_for(room, of)
  if of == 0 then
    return 0
  end
  return math.max(0, per - math.floor(room * per / of))
end
local counted = taken + math.ceil(before * (per - age) / per)
local admitted, wait = 0, 0
if counted + units <= limit then
  admitted, taken, counted = 1, taken + units, counted + units
  redis.call('HSET', KEYS[1], 'began', string.format('%.0f', began), 'before', before, 'taken', taken)
  redis.call('PEXPIRE', KEYS[1], math.ceil((2 * per - age) / 1000))
elseif taken + units <= limit then
  wait = math.max(0, age_for(limit - taken - units, before) - age)
else
  wait = per - age + age_for(limit - units, taken)
end
local reset = 0
if taken > 0 then
  reset = 2 * per - age
elseif before > 0 then
  reset = per - age
end
return {admitted, math.max(0, limit - counted), reset, wait}
