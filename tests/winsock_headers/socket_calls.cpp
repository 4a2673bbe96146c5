// The same calls with a SOCKET, in the forms that C++ programs have: none of
// them may end at libc's function of that name.
#include <winsock2.h>

#include <cstdio>
#include <functional>
#include <type_traits>

using namespace std;

class owner {
 public:
  explicit owner(SOCKET s) : socket(s) {}
  owner(const owner&) = delete;
  operator SOCKET() const { return socket; }

 private:
  SOCKET socket;
};

static_assert(is_same<decltype(accept(SOCKET(), nullptr, NULL)), SOCKET>::value,
              "");
static_assert(is_same<decltype(socket(2, 1, 0)), SOCKET>::value, "");

template <class S>
static int use_one(const S& s, sockaddr_in* address) {
  socklen_t posix_length = sizeof *address;
  int length = sizeof *address;
  char bytes[4] = "";
  unsigned char raw[4] = "";
  int on = 1;
  int sum = ::bind(s, reinterpret_cast<sockaddr*>(address), posix_length);
  sum += ::bind(s, reinterpret_cast<sockaddr*>(address), sizeof *address);
  sum += ::bind(s, reinterpret_cast<const sockaddr*>(address), length);
  sum += connect(s, reinterpret_cast<sockaddr*>(address), posix_length);
  sum += connect(s, reinterpret_cast<sockaddr*>(address), 16L);
  sum += getsockname(s, reinterpret_cast<sockaddr*>(address), &posix_length);
  sum += getsockname(s, reinterpret_cast<sockaddr*>(address), &length);
  sum += getpeername(s, nullptr, 0);
  sum += setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sum += setsockopt(s, SOL_SOCKET, SO_REUSEADDR,
                    reinterpret_cast<const char*>(&on), length);
  sum += getsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, &posix_length);
  sum += listen(s, 1) + listen(s, 1L) + shutdown(s, SD_SEND);
  sum += accept(s, nullptr, nullptr) == INVALID_SOCKET;
  sum += send(s, bytes, sizeof bytes, 0) + send(s, raw, 4, 0);
  sum += send(s, raw, posix_length, 0) + send(s, NULL, 0, 0);
  sum += recv(s, bytes, sizeof bytes, 0) + recv(s, raw, length, 0);
  sum += sendto(s, bytes, 1u, 0, nullptr, 0);
  sum += recvfrom(s, bytes, 1, 0, nullptr, nullptr);
  return sum;
}

int use(SOCKET s, sockaddr_in* address) {
  const SOCKET constant = s;
  UINT_PTR number = static_cast<UINT_PTR>(s);
  return use_one(s, address) + use_one(constant, address) +
         use_one(number, address) + use_one(owner(s), address) +
         ::bind(s, reinterpret_cast<sockaddr*>(address), 16);
}
