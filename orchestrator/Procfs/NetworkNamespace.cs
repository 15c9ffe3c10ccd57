using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>Reaches what listens inside a container that has no address of its own on the outer host.</summary>
internal static partial class NetworkNamespace
{
    private const int CloneNewNet = 0x40000000; // CLONE_NEWNET

    /// <summary>Connects to a port of a container's loopback or other own address.</summary>
    /// <exception cref="IOException">The container is gone, or its network cannot be entered.</exception>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    public static async Task<Socket> ConnectAsync(int initPid, IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = await MakeSocketAsync(initPid, address.AddressFamily);
        return await ConnectAsync(socket, address, cancellationToken);
    }

    /// <summary>Connects to a UNIX socket inside a container; links are followed as that container would.</summary>
    /// <exception cref="IOException">The socket is not there.</exception>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    public static async Task<Socket> ConnectAsync(int initPid, string path, CancellationToken cancellationToken)
    {
        using var file = ContainerFiles.OpenPlace(initPid, path) ?? throw new IOException($"{path} does not exist in the container of process {initPid}");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // The kernel lets a socket be connected by a descriptor that only names it, so that nothing is looked up twice.
        var place = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)file.DangerousGetHandle()}");
        return await ConnectAsync(socket, new UnixDomainSocketEndPoint(place), cancellationToken);
    }

    private static async Task<Socket> ConnectAsync(Socket socket, EndPoint address, CancellationToken cancellationToken)
    {
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A socket stays in the namespace in which it was made (network_namespaces(7)), and a namespace is entered by a thread
    /// (setns(2)): by one that is used for nothing else, and ends.
    /// </summary>
    private static Task<Socket> MakeSocketAsync(int initPid, AddressFamily family)
    {
        var made = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{initPid}/ns/net");
                using var place = File.OpenHandle(path);
                if (setns(place, CloneNewNet) != 0)
                    throw new IOException($"{path} cannot be entered: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
                made.SetResult(new Socket(family, SocketType.Stream, ProtocolType.Tcp));
            }
#pragma warning disable CA1031 // Whatever it is, it is thrown where the socket is awaited.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                made.SetException(exception);
            }
        })
        {
            IsBackground = true,
            Name = "network namespace",
        };
        thread.Start();
        return made.Task;
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setns(SafeFileHandle place, int kind);
}
