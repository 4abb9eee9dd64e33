-- State and arithmetic of both lanes: what `_lanes.py` and the budget and order of `_ledger.py` do, on keys of Redis.
-- A call has an id, "<process>.<number>". Sorted sets hold ids: calls in flight (score: end of the lease) and answered
-- ones (score: when the token is back). CALLS holds "sent mark" of the former and "sent replied counted" of the latter.

local arg = cjson.decode(ARGV[1])
local STATE, CALLS, BACKGROUND, SEEN, WAITING, FOREGROUND = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local NEVER, FAR = -1e18, 1e18
local SLOW_START, FOREIGN_MEMORY_PERIODS, PACED_PART = 4, 5, 8

local time = redis.call('TIME')
local now = arg.now or (tonumber(time[1]) + tonumber(time[2]) / 1e6)
local period, share, pad = arg.period, arg.share, arg.pad

local state = {}
do
  local flat = redis.call('HGETALL', STATE)
  for i = 1, #flat, 2 do state[flat[i]] = flat[i + 1] end
end

local function stored(name, default)
  local value = tonumber(state[name])
  if value == nil then return default end
  return value
end

local function words(text)
  local list = {}
  for word in string.gmatch(text or '', '%S+') do list[#list + 1] = tonumber(word) end
  return list
end

local function exact(number) return string.format('%.17g', number) end

local function set_limit(lane, limit)
  lane.limit = limit
  local own = limit * share
  lane.tokens = math.max(1, math.floor(own + 1e-9))
  lane.hold = own >= 1 and period or period / own
end

local LANE_FIELDS = {
  returned = 0, closed = NEVER, refusals = 0, window = SLOW_START, heard = NEVER, seen_foreign = NEVER, remaining_at = NEVER,
  remaining_mark = 0, epoch = NEVER, foreign_sum = 0, own_sum = 0, foreign_before = 0, summed_at = 0, soft_since = NEVER,
}

local function load_lane(name, limit, flying_key, back_key)
  local lane = {name = name, flying_key = flying_key, back_key = back_key}
  for field, default in pairs(LANE_FIELDS) do lane[field] = stored(name .. field, default) end
  lane.remaining = stored(name .. 'remaining')
  lane.soft_limit = stored(name .. 'soft_limit')
  set_limit(lane, stored(name .. 'limit', limit))
  return lane
end

local requests = load_lane('r.', arg.requests, KEYS[7], KEYS[8])
local imports = load_lane('i.', arg.imports, KEYS[9], KEYS[10])
if state['i.window'] == nil then imports.window = 1 end
local budget = {window = stored('b.window', -1), foreground = stored('b.foreground', 0), before = stored('b.before', 0)}
local paced = {}

local function expire(lane)
  for _, key in ipairs({lane.back_key, lane.flying_key}) do
    local due = redis.call('ZRANGEBYSCORE', key, '-inf', now)
    for _, id in ipairs(due) do
      redis.call('ZREM', key, id)
      if lane == requests then redis.call('HDEL', CALLS, id) end
    end
    lane.returned = lane.returned + #due
  end
  lane.held = redis.call('ZCARD', lane.back_key)
  lane.flying = redis.call('ZCARD', lane.flying_key)
end

local function due_at(lane, place)
  local found = redis.call('ZRANGE', lane.back_key, place, place, 'WITHSCORES')
  return tonumber(found[2])
end

local function free(lane) return lane.tokens - lane.flying - lane.held end

local function lease() return 1.25 * requests.hold end

local function is_foreign() return now - requests.seen_foreign < FOREIGN_MEMORY_PERIODS * period end

local function decay() return math.exp(-(now - requests.summed_at) / (period / 2)) end

local function room_left()
  if requests.remaining == nil or now >= requests.remaining_at + period then return requests.limit - requests.held end
  return requests.remaining + requests.returned - requests.remaining_mark
end

local function earliest_after(times)
  local best = FAR
  for _, moment in ipairs(times) do
    if moment > now and moment < best then best = moment end
  end
  return best
end

-- When to look again, FAR if only a reply can change anything; nil if a call may be sent now.
local function requests_wait()
  local flying, foreign = requests.flying, is_foreign()
  if flying == 0 and now - requests.heard > (foreign and period / 30 or period) then
    requests.window = foreign and 1 or SLOW_START
  end
  local room = room_left()
  if foreign and share == 1 then
    local faded = decay()
    room = room - (1 + 0.05 * (requests.held + flying))
    local expected = requests.foreign_sum * faded / (requests.own_sum * faded + 1)
    local standing = requests.foreign_before / (requests.held + flying + 1)
    room = room / (1 + math.max(expected, standing))
    if flying == 0 and now - requests.heard >= period / 4 then room = math.max(room, 1) end
  end
  local most = math.min(requests.window, room)
  requests.grantable = math.min(free(requests), math.floor(most - flying))
  if now >= requests.closed and free(requests) >= 1 and flying + 1 <= most then return nil end
  if now < requests.closed then return requests.closed end
  local times = {requests.remaining_at + period}
  if requests.held > 0 then times[#times + 1] = due_at(requests, 0) end
  if foreign and flying == 0 then times[#times + 1] = requests.heard + period / 4 end
  return earliest_after(times)
end

local function soft_limit()
  if imports.soft_limit == nil then return FAR end
  local soft = imports.soft_limit + math.floor((now - imports.soft_since) / (FOREIGN_MEMORY_PERIODS * period))
  if soft >= imports.tokens then imports.soft_limit = nil end
  return soft
end

local function imports_wait()
  if imports.flying == 0 and now - imports.heard > period then imports.window = 1 end
  if now < imports.closed then return imports.closed end
  if imports.flying + 1 > imports.window then return FAR end
  local spent = imports.flying + imports.held
  if spent + 1 <= math.min(imports.tokens, soft_limit()) then return nil end
  local look = FAR
  if imports.held > 0 then look = due_at(imports, 0) end
  if spent + 1 <= imports.tokens then
    local step = FOREIGN_MEMORY_PERIODS * period
    look = math.min(look, imports.soft_since + (math.floor((now - imports.soft_since) / step) + 1) * step)
  end
  return look
end

local function held_up_by(lane)
  if now < lane.closed then return 'closed' end
  if free(lane) < 1 then return 'used' end
  return 'others'
end

local function roll_budget()
  local window = math.floor(now / period)
  if window ~= budget.window then
    budget.before = window == budget.window + 1 and budget.foreground or 0
    budget.foreground = 0
    budget.window = window
  end
end

-- BACKGROUND counts calls of background work until their score: a period after the answer, or the end of the lease.
local function budget_wait()
  roll_budget()
  redis.call('ZREMRANGEBYSCORE', BACKGROUND, '-inf', now)
  local peak = math.max(budget.foreground, budget.before)
  if redis.call('ZCARD', BACKGROUND) < math.max(1, requests.tokens - arg.headroom - peak) then return nil end
  local first = tonumber(redis.call('ZRANGE', BACKGROUND, 0, 0, 'WITHSCORES')[2]) or FAR
  return math.min((budget.window + 1) * period, first)
end

-- The leaky bucket a call has to pass: its name and capacity; nil if there is none.
local function pace_of(background)
  local capacity = math.max(requests.tokens / PACED_PART, 1)
  if background then return 'background', capacity end
  if is_foreign() and share == 1 then return 'foreign', capacity end
  if arg.burst and arg.burst < requests.tokens then return 'burst', arg.burst end
  return nil
end

local function pace_level(name)
  local level, checked = stored('p.' .. name, 0), stored('p.' .. name .. '_at', now)
  if paced[name] then level, checked = paced[name], now end
  return math.max(0, level - (now - checked) * requests.tokens / requests.hold)
end

local function pace_wait(name, capacity)
  local over = pace_level(name) + 1 - capacity
  if over <= 1e-9 then return nil end
  return now + over * requests.hold / requests.tokens
end

local function grant(id, background, with_import)
  local name = pace_of(background)
  if name then paced[name] = pace_level(name) + 1 end
  redis.call('ZADD', requests.flying_key, now + lease(), id)
  redis.call('HSET', CALLS, id, exact(now) .. ' ' .. requests.returned)
  requests.flying = requests.flying + 1
  if with_import then
    redis.call('ZADD', imports.flying_key, now + lease(), id)
    imports.flying = imports.flying + 1
  end
  roll_budget()
  if background then
    redis.call('ZADD', BACKGROUND, now + lease(), id)
  else
    budget.foreground = budget.foreground + 1
  end
end

local function cancel(id)
  requests.flying = requests.flying - redis.call('ZREM', requests.flying_key, id)
  imports.flying = imports.flying - redis.call('ZREM', imports.flying_key, id)
  redis.call('ZREM', BACKGROUND, id)
  redis.call('HDEL', CALLS, id)
end

local function close(lane, sent, retry_after, chance)
  if sent >= lane.closed then lane.refusals = lane.refusals + 1 end
  local pause
  if retry_after == nil then
    pause = math.min(period / 4, period / 60 * 2 ^ math.min(lane.refusals - 1, 10)) * (0.75 + 0.5 * chance)
  else
    pause = retry_after + period / 60
    if lane.refusals > 2 then pause = pause * (1 + chance * math.min(lane.refusals - 2, 3)) end
  end
  lane.closed = math.max(lane.closed, now + pause)
  lane.window = 1
end

local function spend(lane, id, answered)
  redis.call('ZADD', lane.back_key, now + lane.hold + (answered and 0 or pad), id)
  lane.held = lane.held + 1
end

-- Take back tokens of calls the server no longer counts, because its window began anew.
local function release_forgotten(id, sent, counted)
  local ids = redis.call('ZRANGE', requests.back_key, 0, -1)
  local sure = 1
  for _, other in ipairs(ids) do
    local call = words(redis.call('HGET', CALLS, other) or '')
    if other ~= id and call[3] == 1 and call[2] <= sent and call[1] > now - period then sure = sure + 1 end
  end
  for place = 1, math.min(#ids, math.floor(math.max(0, sure - counted))) do
    redis.call('ZREM', requests.back_key, ids[place])
    redis.call('HDEL', CALLS, ids[place])
    requests.held = requests.held - 1
    requests.returned = requests.returned + 1
  end
end

local function learn(id, sent, mark, remaining)
  local foreign = is_foreign()
  requests.heard = now
  requests.refusals = 0
  requests.window = requests.window + 1
  local counted = requests.limit - remaining
  if foreign and share == 1 then release_forgotten(id, sent, counted) end
  local others = math.max(0, counted - (requests.held + requests.flying + requests.returned - mark))
  if others > 0 then requests.seen_foreign = now end
  local faded = decay()
  requests.foreign_sum = requests.foreign_sum * faded + math.max(0, others - requests.foreign_before)
  requests.own_sum = requests.own_sum * faded + 1
  requests.foreign_before = others
  requests.summed_at = now
  local room = room_left()
  local newest = requests.remaining == nil or now >= requests.remaining_at + period or sent >= requests.remaining_at
  if newest and (requests.remaining == nil or remaining > room) then requests.epoch = sent end
  if newest or (sent >= requests.epoch and remaining < room) then
    requests.remaining = remaining
    requests.remaining_at = now
    requests.remaining_mark = foreign and requests.returned or mark
  end
end

-- Learn from what became of a call; a report that comes twice changes nothing.
local function observe(report)
  local id, status = report.id, report.status
  local sent, mark
  if redis.call('ZREM', requests.flying_key, id) == 1 then
    requests.flying = requests.flying - 1
    local call = words(redis.call('HGET', CALLS, id))
    sent, mark = call[1], call[2]
  elseif redis.call('ZSCORE', requests.back_key, id) then
    return
  else
    sent, mark = now - report.age, requests.returned -- its lease has ended, or Redis was empty
  end
  imports.flying = imports.flying - redis.call('ZREM', imports.flying_key, id)
  local refused_by_imports = status == 429 and report.lane == 'imports'
  if report.imports then
    if status == 429 then
      if refused_by_imports then
        imports.soft_limit = math.max(1, imports.held)
        imports.soft_since = now
        close(imports, sent, report.retry_after, report.chance)
      end
    else
      spend(imports, id, status)
      if status then
        imports.heard = now
        imports.refusals = 0
        imports.window = imports.window + 1
      end
    end
  end
  spend(requests, id, status)
  local counted = status and (status ~= 429 or refused_by_imports)
  redis.call('HSET', CALLS, id, exact(sent) .. ' ' .. exact(now) .. ' ' .. (counted and 1 or 0))
  if not refused_by_imports then
    if report.limit and report.limit > 0 then
      set_limit(requests, report.limit)
      requests.learned = true
    end
    if status == 429 then
      requests.heard, requests.seen_foreign, requests.epoch = now, now, now
      close(requests, sent, report.retry_after, report.chance)
      requests.remaining = nil
    elseif report.remaining then
      learn(id, sent, mark, report.remaining)
    end
  end
  if report.background then redis.call('ZADD', BACKGROUND, now + period, id) end
end

local function standing(lane)
  local closed = math.max(0, lane.closed - now)
  return {lane.tokens, closed > 0 and 0 or free(lane), lane.flying + lane.held, closed}
end

local function save()
  local fields, gone = {}, {}
  local function keep(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = type(value) == 'number' and exact(value) or value
  end
  for _, lane in ipairs({requests, imports}) do
    for field, default in pairs(LANE_FIELDS) do
      if lane[field] ~= default or state[lane.name .. field] then keep(lane.name .. field, lane[field]) end
    end
    for _, field in ipairs({'remaining', 'soft_limit'}) do
      if lane[field] then keep(lane.name .. field, lane[field]) else gone[#gone + 1] = lane.name .. field end
    end
  end
  keep('i.window', imports.window)
  if requests.learned then keep('r.limit', requests.limit) end
  for name, value in pairs(budget) do keep('b.' .. name, value) end
  for name, level in pairs(paced) do
    keep('p.' .. name, level)
    keep('p.' .. name .. '_at', now)
  end
  keep('born', state.born)
  if state.settles then keep('settles', state.settles) end
  redis.call('HSET', STATE, unpack(fields))
  redis.call('HDEL', STATE, unpack(gone))
  -- Long enough for what has to be remembered of others, and of a lane that is closed.
  local closed = math.max(0, requests.closed - now, imports.closed - now)
  local last = (FOREIGN_MEMORY_PERIODS + 1) * math.max(requests.hold, imports.hold) + pad + closed
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, math.ceil(last * 1000)) end
end
