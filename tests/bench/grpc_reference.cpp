// The least that answers GetState by grpc++, in each of its modes: PORT sync|callback|async.
#include <cstdio>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dapr/proto/runtime/v1/dapr.grpc.pb.h"

namespace {

using dapr::proto::runtime::v1::Dapr;
using dapr::proto::runtime::v1::GetStateRequest;
using dapr::proto::runtime::v1::GetStateResponse;

// Any thread may ask.
class Store {
 public:
  void set(const std::string& key, std::string value) { values_[key] = std::move(value); }
  grpc::Status get(const GetStateRequest& request, GetStateResponse& response) {
    const std::shared_lock lock(mutex_);
    const auto found = values_.find(request.key());
    if (found == values_.end()) return grpc::Status::OK;
    response.set_data(found->second);
    response.set_etag("1");
    return grpc::Status::OK;
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::string> values_;
};

class SyncServer final : public Dapr::Service {
 public:
  explicit SyncServer(Store& store) : store_(store) {}
  grpc::Status GetState(grpc::ServerContext*, const GetStateRequest* request,
                        GetStateResponse* response) override {
    return store_.get(*request, *response);
  }

 private:
  Store& store_;
};

class CallbackServer final : public Dapr::CallbackService {
 public:
  explicit CallbackServer(Store& store) : store_(store) {}
  grpc::ServerUnaryReactor* GetState(grpc::CallbackServerContext* context,
                                     const GetStateRequest* request,
                                     GetStateResponse* response) override {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(store_.get(*request, *response));
    return reactor;
  }

 private:
  Store& store_;
};

using AsyncService = Dapr::WithAsyncMethod_GetState<Dapr::Service>;

// One call: waits for its request, answers it, and frees itself.
class AsyncCall {
 public:
  AsyncCall(AsyncService& service, grpc::ServerCompletionQueue& queue, Store& store)
      : service_(service), queue_(queue), store_(store), writer_(&context_) {
    service_.RequestGetState(&context_, &request_, &writer_, &queue_, &queue_, this);
  }
  void go_on(bool good) {
    if (answered_ || !good) {
      delete this;
      return;
    }
    new AsyncCall(service_, queue_, store_);
    answered_ = true;
    GetStateResponse response;
    const grpc::Status status = store_.get(request_, response);
    writer_.Finish(response, status, this);
  }

 private:
  AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  Store& store_;
  grpc::ServerContext context_;
  GetStateRequest request_;
  grpc::ServerAsyncResponseWriter<GetStateResponse> writer_;
  bool answered_ = false;
};

void serve(const std::string& address, grpc::Service& service) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server) server->Wait();
}

void serve_async(const std::string& address, Store& store) {
  AsyncService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (!server) return;
  constexpr int kWaiting = 100;
  for (int i = 0; i < kWaiting; ++i) new AsyncCall(service, *queue, store);
  void* call = nullptr;
  bool good = false;
  while (queue->Next(&call, &good)) static_cast<AsyncCall*>(call)->go_on(good);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("usage: bench_grpc PORT sync|callback|async BYTES\n", stderr);
    return 2;
  }
  const std::string address = std::string("127.0.0.1:") + arguments[1];
  const std::string_view mode = arguments[2];
  Store store;
  store.set("key", std::string(std::stoul(arguments[3]), 'v'));
  if (mode == "sync") {
    SyncServer service(store);
    serve(address, service);
  } else if (mode == "callback") {
    CallbackServer service(store);
    serve(address, service);
  } else {
    serve_async(address, store);
  }
  return 0;
}
