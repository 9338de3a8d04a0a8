-- wrk: POST, or what the second argument says, with a body of as many bytes as the first says.
function init(args)
  wrk.method = args[2] or "POST"
  wrk.body = string.rep("x", tonumber(args[1]))
  wrk.headers["Content-Type"] = "application/octet-stream"
end
