/* The names of libc with Winsock's types; as C and as C++. HEADS is what is
 * included, in the order that the test is about. */
#include HEADS

#if FD_SETSIZE_WANTED
typedef char set_is_as_large_as_wanted
    [sizeof(((fd_set*)0)->fd_array) == FD_SETSIZE_WANTED * sizeof(SOCKET) ? 1
                                                                          : -1];
#endif

/* Lengths as Windows has them, as POSIX has them, and as sizeof gives them. */
static int addresses(SOCKET s) {
  struct sockaddr_in address;
  int length = sizeof address;
  socklen_t posix_length = sizeof address;
  int sum = 0;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sum += bind(s, (SOCKADDR*)&address, sizeof address);
  sum += bind(s, (const struct sockaddr*)&address, length);
  sum += connect(s, (SOCKADDR*)&address, posix_length);
  sum += getsockname(s, (SOCKADDR*)&address, &length);
  sum += getsockname(s, (struct sockaddr*)&address, &posix_length);
  sum += getsockname(s, NULL, NULL);
  sum += getpeername(s, (SOCKADDR*)&address, &length);
  sum += accept(s, (SOCKADDR*)&address, &length) == INVALID_SOCKET;
  sum += accept(s, NULL, NULL) == INVALID_SOCKET;
  sum += listen(s, SOMAXCONN);
  return sum;
}

static int data(SOCKET s) {
  char bytes[16] = "";
  const char* text = "text";
  struct sockaddr_storage from;
  int length = sizeof from;
  int sum = 0;
  sum += send(s, text, (int)strlen(text), 0);
  sum += send(s, bytes, sizeof bytes, 0);
  sum += recv(s, bytes, sizeof bytes, MSG_PEEK);
  sum += sendto(s, bytes, 1, 0, (SOCKADDR*)&from, length);
  sum += sendto(s, bytes, sizeof bytes, 0, (SOCKADDR*)&from, sizeof from);
  sum += recvfrom(s, bytes, sizeof bytes, 0, (SOCKADDR*)&from, &length);
  sum += recvfrom(s, bytes, 1, 0, NULL, NULL);
  sum += shutdown(s, SD_BOTH) + closesocket(s);
  return sum;
}

static int options(SOCKET s) {
  BOOL on = TRUE;
  int length = sizeof on;
  u_long mode = 1;
  ULONG narrow_mode = 1;
  fd_set readable;
  struct timeval tick = {0, 0};
  int sum = 0;
  sum += setsockopt(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char*)&on, sizeof on);
  sum += getsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char*)&on, &length);
  sum += ioctlsocket(s, FIONBIO, &mode);
  sum += ioctlsocket(s, (long)FIONBIO, &narrow_mode);
  sum += ioctlsocket(s, FIONREAD, NULL);
  FD_ZERO(&readable);
  FD_SET(s, &readable);
  FD_CLR(s, &readable);
  sum += FD_ISSET(s, &readable);
  sum += select(0, &readable, NULL, NULL, NULL);
  sum += select((int)s + 1, NULL, &readable, &readable, &tick);
  sum += select(0, NULL, NULL, NULL, &tick);
  return sum;
}

static int lookups(void) {
  char host[256];
  struct addrinfo hints;
  struct addrinfo* found = NULL;
  struct in6_addr six;
  SOCKADDR_INET any;
  int sum = 0;
  memset(&hints, 0, sizeof hints);
  memset(&any, 0, sizeof any);
  any.si_family = AF_INET6;
  any.Ipv6.sin6_port = any.Ipv4.sin_port;
  sum += gethostname(host, sizeof host);
  sum += getaddrinfo("localhost", "0", &hints, &found);
  sum += getnameinfo((SOCKADDR*)&any, sizeof any, host, sizeof host, NULL, 0,
                     NI_NUMERICHOST);
  freeaddrinfo(found);
  sum += inet_pton(AF_INET6, "::1", &six);
  sum += InetPtonA(23, "::1", &six) + InetPtonW(23, L"::1", &six);
  sum += inet_ntop(AF_INET6, &six, host, sizeof host) != NULL;
  return sum;
}

static int reservation(SOCKET s) {
  INET_PORT_RANGE range = {0, 4};
  INET_PORT_RESERVATION_INSTANCE granted;
  DWORD bytes = 0;
  int sum = 0;
  memset(&granted, 0, sizeof granted);
  sum += WSAIoctl(s, SIO_ACQUIRE_PORT_RESERVATION, (LPVOID)&range, sizeof range,
                  (LPVOID)&granted, sizeof granted, &bytes, NULL, NULL);
  sum += WSAIoctl(s, SIO_ASSOCIATE_PORT_RESERVATION, (LPVOID)&granted.Token,
                  sizeof(ULONG64), NULL, 0, &bytes, NULL, NULL);
  return sum + ntohs(granted.Reservation.StartPort);
}

/* The C library's, in both widths; a format attribute stays what it is. */
__attribute__((format(printf, 1, 2))) static void log_line(const char* format,
                                                           ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
}

static int text(_In_ ULONG64 token, _Inout_opt_ WCHAR* wide) {
  char narrow[32];
  int sum = 0;
  log_line("%d\n", 1);
  sum += printf("alone") + wprintf(L"alone");
  sum += printf("%I64d %ws\n", token, wide) + wprintf(L"%I64u\n", token);
  sum += fprintf(stderr, "%hs\n", "x") + fwprintf(stderr, L"%s\n", wide);
  sum += snprintf(narrow, sizeof narrow, "%I64x", token);
  sum += swprintf(wide, 8, L"%ld", (LONG)-1);
  sum += _wtoi(wide) + (int)_countof(narrow) + _stricmp("a", "A");
  return sum;
}

int main(void) {
  WSADATA data_;
  SOCKET s;
  WCHAR wide[8] = L"";
  int sum = WSAStartup(MAKEWORD(2, 2), &data_);
  s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (s == INVALID_SOCKET) {
    sum += WSAGetLastError();
  }
  s = WSASocketW(AF_INET6, SOCK_DGRAM, 17, NULL, 0, WSA_FLAG_OVERLAPPED);
  sum += addresses(s) + data(s) + options(s) + lookups() + reservation(s);
  sum += text(1, wide);
  UNREFERENCED_PARAMETER(wide);
  return sum + WSACleanup();
}
