// The least that a program can be: it ends at once, or answers 204 on a port until it is stopped.
//
//   bench_empty [PORT]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2) return 0;
  static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
  const int on = 1;
  struct sockaddr_in address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)atoi(argv[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) return 1;
  if (listen(listener, 16) != 0) return 1;
  for (;;) {
    char request[4096];
    const int client = accept(listener, NULL, NULL);
    while (read(client, request, sizeof request) > 0) {
      if (write(client, answer, sizeof answer - 1) < 0) break;
    }
    close(client);
  }
}
