#!/usr/bin/env python3
"""Python, unmodified, under PORTRES_BLOCK: sockets, servers, asyncio, children.

On Windows no such thing exists: a program must hold the token. Here the block
comes by the environment, and every port-0 bind of the program draws from it.
Stressed: that each way Python has of making, copying, inheriting and closing
a socket leaves the count of free ports right.
"""

from unchanged_script import lines
from unchanged_support import expect, main, row


@row("given a block of 3, when 4 TCP sockets bind port 0, "
     "then 3 take it lowest first and the last fails with ENOBUFS")
def tcp_exhausts():
    expect(lines("for _ in range(4): say(take())", 3),
           ["0", "1", "2", "ENOBUFS"])


@row("given a block of 3 UDP ports, when 4 sockets bind port 0, "
     "then 3 take it lowest first and the last fails with ENOBUFS")
def udp_exhausts():
    expect(lines("for _ in range(4): say(take(UDP))", 3, "udp"),
           ["0", "1", "2", "ENOBUFS"])


@row("given a block, when IPv4, IPv6 and dual-stack sockets bind port 0, "
     "then they share it")
def families_share():
    expect(lines("""
say(take()); say(take(host="::1")); say(take(host="::")); say(take())
""", 3), ["0", "1", "2", "ENOBUFS"])


@row("given blocks of TCP and of UDP, when both are used up, "
     "then each has its own ports")
def protocols_apart():
    expect(lines("""
for kind in TCP, UDP, TCP, UDP, TCP, UDP: say(take(kind))
""", 2, block="tcp:{start}:2,udp:{start}:1"),
           ["0", "0", "1", "ENOBUFS", "ENOBUFS", "ENOBUFS"])


@row("given a full block, when a socket closes, "
     "then its port is handed out again and no descriptor is lost")
def close_returns():
    expect(lines("""
take(); held.pop().close()  # the block has a descriptor
before = descriptors()
for _ in range(3): take()
held.pop(1).close()
say(take(), take())
while held: held.pop().close()
say(descriptors() - before)
say(take(), take(), take(), take())
""", 3), ["1 ENOBUFS", "0", "0 1 2 ENOBUFS"])


@row("given a block, when a socket binds a port of it by number, "
     "then port 0 skips that port")
def explicit_inside():
    expect(lines("""
say(take(port=start + 1)); say(take()); say(take()); say(take())
say(take(port=start + 1))
""", 3), ["1", "0", "2", "ENOBUFS", "EADDRINUSE"])


@row("given a full block, when a socket binds a port outside of it by number, "
     "then it has that port")
def explicit_outside():
    expect(lines("say(take(), take(), take(port=start + 2))", 2),
           ["0 1 2"])


@row("given a server on 0.0.0.0 inside the block, when [::] of the same port "
     "is bound IPv6-only, then it succeeds")
def both_wildcards():
    expect(lines("""
say(take(host="0.0.0.0"))
s = socket.socket(socket.AF_INET6, TCP)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind(("::", start)); say(offset(s)); say(take()); say(take())
""", 2), ["0", "0", "1", "ENOBUFS"])


@row("given a full block, when a dup of a socket outlives it, "
     "then the port comes back with the last of the two")
def dup_holds():
    expect(lines("""
take()
twin = held[0].dup(); held[0].close(); say(take())
number = twin.detach(); say(take())
os.close(number); say(take())
""", 1), ["ENOBUFS", "ENOBUFS", "0"])


@row("given a full block, when a socket closes through makefile or dup2, "
     "then its port is handed out again")
def other_closes():
    expect(lines("""
take()
stream = held[0].makefile("rwb"); held[0].close(); say(take())
stream.close(); say(take())
nothing = os.open("/dev/null", os.O_RDONLY)
os.dup2(nothing, held[-1].fileno()); say(take())
number = held[-1].detach()
os.closerange(number, number + 1); say(take())
""", 1), ["ENOBUFS", "0", "0", "0"])


@row("given a block of 4, when 8 threads bind port 0 at once, over and over, "
     "then 4 different ports are taken each time")
def threads_bind():
    expect(lines("""
import threading
for _ in range(50):
    gate, results = threading.Barrier(8), []
    def work():
        gate.wait()
        results.append(take())
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert sorted(map(str, results)) == ["0", "1", "2", "3"] + 4 * ["ENOBUFS"]
    while held:
        s = held.pop()
        if not isinstance(s, str): s.close()
say("done")
""", 4), ["done"])


@row("given a block, when sockets connect or send without bind, "
     "then the kernel picks their ports")
def outgoing_passes():
    expect(lines("""
server = bound(port=start + 1); server.listen()
client = socket.create_connection(("127.0.0.1", start + 1))
say(offset(client) in range(2))
""", 2), ["False"])
    expect(lines("""
server = bound(UDP, port=start + 1)
client = socket.socket(socket.AF_INET, UDP)
client.sendto(b"x", ("127.0.0.1", start + 1))
say(offset(client) in range(2), server.recv(9))
""", 2, "udp"), ["False b'x'"])


@row("given PORTRES_OUTGOING=1, when sockets connect without bind, "
     "then they take the block lowest first until ENOBUFS")
def outgoing_connects():
    expect(lines("""
server = bound(port=start + 1); server.listen()
def connected(): return socket.create_connection(("127.0.0.1", start + 1))
for _ in range(3):
    got = attempt(connected)
    say(got if isinstance(got, str) else offset(got))
""", 3, PORTRES_OUTGOING="1"), ["0", "2", "ENOBUFS"])


@row("given PORTRES_OUTGOING=1, when sockets send datagrams without bind, "
     "then they take the block lowest first until ENOBUFS")
def outgoing_sends():
    expect(lines("""
server = bound(UDP, port=start + 1)
def sent():
    s = socket.socket(socket.AF_INET, UDP)
    s.sendto(b"x", ("127.0.0.1", start + 1))
    return s
def messaged():
    s = socket.socket(socket.AF_INET, UDP)
    s.sendmsg([b"x"], [], 0, ("127.0.0.1", start + 1))
    return s
for function in sent, messaged, sent:
    got = attempt(function)
    say(got if isinstance(got, str) else offset(got))
""", 3, "udp", PORTRES_OUTGOING="1"), ["0", "2", "ENOBUFS"])


@row("given a block, when http.server serves on port 0, "
     "then each server answers on a port of the block and the extra one fails")
def http_serves():
    expect(lines("""
import http.server, threading, urllib.request
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"yes")
    def log_message(self, *_): pass
def served():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
for _ in range(3):
    server = attempt(served)
    if isinstance(server, str): say(server); break
    port = server.server_port
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        say(port - start, answer.read())
held[0].shutdown(); held[0].server_close()
say(served().server_port - start)
""", 2), ["0 b'yes'", "1 b'yes'", "ENOBUFS", "0"])


@row("given a block, when asyncio serves on port 0, "
     "then servers and endpoints take it and closing gives it back")
def asyncio_serves():
    expect(lines("""
import asyncio
async def echo(reader, writer):
    writer.write(await reader.read(9)); await writer.drain(); writer.close()
async def serve():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]
async def main():
    one, first = await serve(); two, second = await serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", second)
    writer.write(b"hello"); say(first - start, second - start,
                                await reader.read(9))
    writer.close()
    try: await serve()
    except OSError as error: say(errno.errorcode[error.errno])
    one.close(); await one.wait_closed()
    say((await serve())[1] - start)
asyncio.run(main())
""", 2), ["0 1 b'hello'", "ENOBUFS", "0"])
    expect(lines("""
import asyncio
async def main():
    loop = asyncio.get_running_loop()
    for _ in range(3):
        try:
            transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
            say(transport.get_extra_info("sockname")[1] - start)
        except OSError as error: say(errno.errorcode[error.errno])
asyncio.run(main())
""", 2, "udp"), ["0", "1", "ENOBUFS"])


if __name__ == "__main__":
    main()
