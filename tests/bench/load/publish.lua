-- wrk: publishes a JSON text of as many bytes as the first argument says.
function init(args)
  wrk.method = "POST"
  wrk.body = '"' .. string.rep("d", tonumber(args[1])) .. '"'
  wrk.headers["Content-Type"] = "application/json"
end
