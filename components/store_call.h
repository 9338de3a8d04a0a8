// Runs a piece of work on a database's writer and brings its value back to the loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "edge/loop/completion.h"
#include "edge/store/writer.h"

namespace edge::components {

namespace detail {

template <class T>
struct StoreCall {
  std::function<Result<T>(store::Db&)> work;
  std::optional<Result<T>> value;
  // The caller has gone: work that has not begun is left undone.
  std::atomic<bool> abandoned = false;
};

template <class T>
Status submit_call(store::Writer& writer, const std::shared_ptr<StoreCall<T>>& call,
                   typename Completion<Result<T>>::Sender sender, std::size_t size_bytes) {
  auto job = [call](store::Db& db) -> Status {
    if (call->abandoned) return Error{Code::kCancelled, "the caller has gone"};
    call->value = call->work(db);
    if (*call->value) return {};
    return call->value->error();
  };
  auto done = [call, sender = std::move(sender)](Status status) mutable {
    call->work = nullptr;
    if (!status) return sender.send(std::move(status).error());
    sender.send(std::move(*call->value));
  };
  return writer.submit(std::move(job), std::move(done), size_bytes);
}

}  // namespace detail

// `work` is a job (see Writer) that gives a value; its error undoes it. The answer comes after the
// commit. `size_bytes` is what the work holds in memory.
// Errors: of the work; of Writer::submit; kCancelled or kDeadlineExceeded when `ctx` ends first:
// then the work is done or not, but never by halves.
template <class T>
Task<Result<T>> store_call(Loop* loop, Ctx ctx, std::shared_ptr<store::Writer> writer,
                           std::function<Result<T>(store::Db&)> work, std::size_t size_bytes = 0) {
  if (ctx.cancelled()) co_return ctx.error();
  auto call = std::make_shared<detail::StoreCall<T>>();
  call->work = std::move(work);
  Completion<Result<T>> completion(*loop);
  auto accepted = detail::submit_call<T>(*writer, call, completion.sender(), size_bytes);
  if (!accepted) co_return std::move(accepted).error();
  auto value = co_await completion.wait_or_abandon(ctx);
  if (value) co_return std::move(*value);
  call->abandoned = true;
  co_return ctx.error();
}

}  // namespace edge::components
