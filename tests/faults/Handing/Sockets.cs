using System.Net.Sockets;

namespace HostSwap.Faults.Handing;

/// <summary>Sockets of tests in the place of others.</summary>
internal static class Sockets
{
    /// <summary>Listens under a name that a program listens at, whose own socket is put aside.</summary>
    public static Socket Listen(string path, string aside)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // Bound under another name: .NET deletes what it was bound to when it closes, and that may be the program's by then.
        var bound = $"{path}.tap";
        socket.Bind(new UnixDomainSocketEndPoint(bound));
        socket.Listen(16);
        File.Move(path, aside, overwrite: true);
        File.Move(bound, path, overwrite: true);
        return socket;
    }
}
