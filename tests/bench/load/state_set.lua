-- wrk: sets one key after the other. Arguments: the number of keys, bytes of a value.
local requests = {}
local at = 0

function init(args)
  local value = string.rep("v", tonumber(args[2]))
  wrk.headers["Content-Type"] = "application/json"
  for key = 0, tonumber(args[1]) - 1 do
    local body = '[{"key":"k' .. key .. '","value":"' .. value .. '"}]'
    requests[key] = wrk.format("POST", nil, nil, body)
  end
end

function request()
  at = (at + 1) % (#requests + 1)
  return requests[at]
end
