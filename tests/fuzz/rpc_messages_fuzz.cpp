// Any bytes as each request of the gRPC API: what is taken is the same after it is written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "edge/api/grpc/messages/configuration_messages.h"
#include "edge/api/grpc/messages/internal_messages.h"
#include "edge/api/grpc/messages/invoke_messages.h"
#include "edge/api/grpc/messages/metadata_messages.h"
#include "edge/api/grpc/messages/pubsub_messages.h"
#include "edge/api/grpc/messages/secret_messages.h"
#include "edge/api/grpc/messages/state_messages.h"

namespace edge::api::rpc {
namespace {

template <class M>
void read_and_write(std::string_view bytes) {
  M message;
  if (!protobuf::parse(bytes, message)) return;
  const std::string once = protobuf::print(message);
  M again;
  if (!protobuf::parse(once, again)) std::abort();
  if (protobuf::print(again) != once) std::abort();
}

void read_all(std::string_view bytes) {
  read_and_write<InvokeServiceRequest>(bytes);
  read_and_write<GetStateRequest>(bytes);
  read_and_write<GetBulkStateRequest>(bytes);
  read_and_write<DeleteStateRequest>(bytes);
  read_and_write<StateItemsRequest>(bytes);
  read_and_write<ExecuteStateTransactionRequest>(bytes);
  read_and_write<PublishEventRequest>(bytes);
  read_and_write<BulkPublishRequest>(bytes);
  read_and_write<ConfigurationRequest>(bytes);
  read_and_write<UnsubscribeConfigurationRequest>(bytes);
  read_and_write<GetSecretRequest>(bytes);
  read_and_write<GetBulkSecretRequest>(bytes);
  read_and_write<SetMetadataRequest>(bytes);
  read_and_write<InternalRequest>(bytes);
  read_and_write<InternalRequestChunk>(bytes);
  read_and_write<InternalAnswer>(bytes);
  read_and_write<InternalAnswerChunk>(bytes);
}

}  // namespace
}  // namespace edge::api::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  edge::api::rpc::read_all({reinterpret_cast<const char*>(data), size});
  return 0;
}
