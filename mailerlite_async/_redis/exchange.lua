-- One round trip of a process: it tells what became of its calls, and asks for what it wants to send.

local GRACE, ALIVE, LONGEST_WAIT = 1.5, 3, 1

-- Processes wait for each other's tokens to be told of before anything is granted after Redis was away.
local function settle(known)
  local lost = state.born == nil or state.born ~= known
  local others = redis.call('ZCOUNT', SEEN, now - 1, '+inf') - (redis.call('ZSCORE', SEEN, arg.process) and 1 or 0)
  local fresh = stored('settles', NEVER) > now - 2 * GRACE
  if not fresh and ((lost and state.settles == nil) or (arg.restore.away and others <= 0)) then
    state.settles = exact(now + GRACE)
  end
end

-- The calls a process holds tokens for, as it knows them itself.
local function restore()
  local own = {}
  for _, entry in ipairs(arg.restore.calls) do own[entry.id] = true end
  local prefix = arg.process .. '.'
  for _, id in ipairs(redis.call('ZRANGE', requests.flying_key, 0, -1)) do
    if string.sub(id, 1, #prefix) == prefix and not own[id] then cancel(id) end -- granted in an answer that was lost
  end
  for _, entry in ipairs(arg.restore.calls) do
    local id, sent = entry.id, now - entry.age
    if entry.due then
      redis.call('ZREM', requests.flying_key, id)
      redis.call('ZREM', imports.flying_key, id)
      redis.call('ZADD', requests.back_key, 'NX', now + entry.due, id)
      if entry.imports_due then redis.call('ZADD', imports.back_key, 'NX', now + entry.imports_due, id) end
      redis.call('HSET', CALLS, id, exact(sent) .. ' ' .. exact(now) .. ' ' .. (entry.counted and 1 or 0))
      if entry.background then redis.call('ZADD', BACKGROUND, 'NX', now + entry.due, id) end
    else
      redis.call('ZADD', requests.flying_key, 'NX', sent + lease(), id)
      if entry.imports then redis.call('ZADD', imports.flying_key, 'NX', sent + lease(), id) end
      redis.call('HSETNX', CALLS, id, exact(sent) .. ' ' .. requests.returned)
      if entry.background then redis.call('ZADD', BACKGROUND, 'NX', sent + lease(), id) end
    end
  end
  if arg.restore.closed then requests.closed = math.max(requests.closed, now + arg.restore.closed) end
  if arg.restore.imports_closed then imports.closed = math.max(imports.closed, now + arg.restore.imports_closed) end
end

local function forget_process(name)
  redis.call('ZREM', WAITING, name)
  redis.call('ZREM', FOREGROUND, name)
end

local function note_process()
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', SEEN, '-inf', now - ALIVE)) do forget_process(name) end
  redis.call('ZREMRANGEBYSCORE', SEEN, '-inf', now - math.max(period, ALIVE))
  redis.call('ZADD', SEEN, now, arg.process)
end

local answer = {granted = {}, why = ''}
local look, turns -- when the first call in the line may go; how many may go before it is another process's turn

local function blocked(moment, why)
  if moment < look then look, answer.why = moment, why end
end

-- Grant within foreground or background. Returns whether calls behind it may go, and how many wait for more than imports.
local function scan(kinds, background, rivals)
  local pass_imports, behind = false, 0
  for place = 1, #kinds do
    local with_import = string.sub(kinds, place, place) == 'i'
    if not (with_import and pass_imports) then
      local moment, why = requests_wait(), nil
      if moment then
        why = held_up_by(requests)
      else
        turns = turns or math.max(1, math.ceil(requests.grantable / rivals))
        if background then moment, why = budget_wait(), 'headroom' end
      end
      if moment == nil and with_import then
        local imports_moment = imports_wait()
        if imports_moment then
          blocked(imports_moment, 'imports ' .. held_up_by(imports))
          pass_imports = true
        end
      end
      if not (with_import and pass_imports) then
        local name, capacity = pace_of(background)
        if moment == nil and name then moment, why = pace_wait(name, capacity), 'pace ' .. name end
        if moment == nil and turns <= 0 then moment, why = now + 0.002 * rivals, 'turn' end
        if moment then
          blocked(moment, why)
          return false, #kinds - place + 1
        end
        turns = turns - 1
        grant(arg.process .. '.' .. string.format('%d', arg.ask.number + #answer.granted), background, with_import)
        answer.granted[#answer.granted + 1] = (background and 'b' or 'f') .. place
      end
    end
  end
  return true, behind
end

local function place_in(line, name)
  redis.call('ZADD', line, 'NX', now, name)
  return redis.call('ZRANK', line, name)
end

local function reserve()
  local ask = arg.ask
  local first, second = ask.foreground, ask.background
  if first == '' then redis.call('ZREM', FOREGROUND, arg.process) end
  if first == '' and second == '' then
    forget_process(arg.process)
    return
  end
  local line = first ~= '' and FOREGROUND or WAITING
  local rank = place_in(line, arg.process)
  place_in(WAITING, arg.process)
  local rivals = redis.call('ZCARD', line)
  look = FAR
  local go_on, behind = scan(first, false, rivals)
  if behind == 0 then redis.call('ZREM', FOREGROUND, arg.process) end
  if go_on and second ~= '' then
    if redis.call('ZCARD', FOREGROUND) > 0 then
      blocked(now + 0.02, 'foreground')
    else
      scan(second, true, rivals)
    end
  end
  if #answer.granted == #first + #second then
    forget_process(arg.process)
  elseif #answer.granted > 0 then
    redis.call('ZADD', WAITING, 'XX', now, arg.process)
    redis.call('ZADD', FOREGROUND, 'XX', now, arg.process)
  elseif answer.why == 'used' and rank > 0 then
    -- Each waiting process looks when the token of its own turn is back.
    look = math.max(look, due_at(requests, math.min(rank, requests.held - 1)) or look)
  end
end

local function rest(processes)
  local wait = math.max(0.001, look - now)
  local longest = LONGEST_WAIT
  if processes > 1 and (is_foreign() or (answer.why ~= 'used' and answer.why ~= 'closed')) then
    longest = math.min(0.2, 0.01 * processes) -- a reply to another process may change it
  end
  answer.wait = math.min(wait, longest)
  if look < FAR then answer.look = look - now end
  -- Before this nothing of the kind can be granted, whatever is replied.
  if now < requests.closed then answer.certain = requests.closed - now end
  if free(requests) < 1 and requests.flying == 0 and not is_foreign() then
    answer.certain = math.max(answer.certain or 0, (due_at(requests, 0) or now) - now)
  end
  if now < imports.closed then answer.imports_certain = imports.closed - now end
end

if arg.known and arg.known ~= state.born and not arg.restore then return cjson.encode({lost = true}) end
if arg.restore then settle(arg.known) end
if state.born == nil then state.born = arg.process .. ' ' .. exact(now) end
expire(requests)
expire(imports)
if arg.restore then
  restore()
  expire(requests)
  expire(imports)
end
for _, report in ipairs(arg.reports) do
  if report.cancelled then cancel(report.id) else observe(report) end
end
if arg.leaving then
  forget_process(arg.process)
  redis.call('ZREM', SEEN, arg.process)
else
  note_process()
end
local processes = redis.call('ZCARD', SEEN)
if arg.ask then
  if stored('settles', NEVER) > now then
    look, answer.why = stored('settles', NEVER), 'settling'
    rest(1)
  else
    reserve()
    if look and #answer.granted < #arg.ask.foreground + #arg.ask.background then rest(processes) end
  end
end
answer.born = state.born
answer.processes = processes
answer.requests = standing(requests)
answer.imports = standing(imports)
save()
return cjson.encode(answer)
