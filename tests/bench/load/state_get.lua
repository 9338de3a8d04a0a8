-- wrk: gets one key after the other below the path of the URL. Argument: the number of keys.
local requests = {}
local at = 0

function init(args)
  for key = 0, tonumber(args[1]) - 1 do
    requests[key] = wrk.format("GET", wrk.path .. "/k" .. key)
  end
end

function request()
  at = (at + 1) % (#requests + 1)
  return requests[at]
end
