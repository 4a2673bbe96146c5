// Descriptors that are int go to libc, in a file that includes winsock2.h.
// winsock_headers.py looks at the names that the object wants.
#include <winsock2.h>

#include <cstdio>
#include <functional>
#include <type_traits>

static_assert(std::is_same<decltype(accept(1, nullptr, nullptr)), int>::value,
              "");

int use(int fd, sockaddr_in* address) {
  socklen_t length = sizeof *address;
  char bytes[4] = "";
  int on = 1;
  auto call = std::bind([](int a, int b) { return a - b; },
                        std::placeholders::_1, 2);
  int sum = bind(fd, reinterpret_cast<sockaddr*>(address), length);
  sum += bind(fd, reinterpret_cast<sockaddr*>(address), sizeof *address);
  sum += connect(fd, reinterpret_cast<sockaddr*>(address), sizeof *address);
  sum += getsockname(fd, reinterpret_cast<sockaddr*>(address), &length);
  sum += getpeername(fd, reinterpret_cast<sockaddr*>(address), &length);
  sum += setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sum += getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, &length);
  sum += listen(fd, 1) + accept(fd, nullptr, nullptr) + shutdown(fd, SHUT_WR);
  sum += static_cast<int>(send(fd, bytes, sizeof bytes, 0));
  sum += static_cast<int>(recv(fd, bytes, sizeof bytes, 0));
  sum += static_cast<int>(sendto(fd, bytes, 1, 0, nullptr, 0));
  sum += static_cast<int>(recvfrom(fd, bytes, 1, 0, nullptr, nullptr));
  return sum + call(3) + std::printf("%d\n", sum);
}
