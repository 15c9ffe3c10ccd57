using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Adopting;

/// <summary>
/// Who is behind the sockets of the outer host's own libvirt. The kernel tells which process listens there
/// (unix(7), <c>SO_PEERCRED</c>), and by its PID namespace which init is that of the outer host: process 1, as a rule.
/// </summary>
internal static partial class OuterPeer
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int PeerCredentials = 17; // SO_PEERCRED: pid, uid, gid of 32 bits each
    private const string Listening = "00010000"; // __SO_ACCEPTCON
    private const int CrossesDevices = 18; // EXDEV

    /// <summary>A socket of this machine answers at once, or its queue is full, which is an error.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Process id of the outer host's init; 0 where neither socket has anybody behind it.</summary>
    public static async Task<int> FindInitAsync(OuterLibvirtPaths outer, IOuterKernel kernel, CancellationToken cancellationToken)
    {
        var peer = await FindAsync(outer.Bus, cancellationToken) is > 0 and var bus ? bus : await FindAsync(outer.Socket, cancellationToken);
        return peer > 0 ? InitOf(peer, kernel) : 0;
    }

    /// <summary>
    /// Whether somebody listens on libvirt's socket, by the kernel's list of sockets: libvirt would report each connection that
    /// says nothing as an error.
    /// </summary>
    /// <param name="init">The outer host's init.</param>
    /// <param name="socket">libvirt's socket as hostctl sees it.</param>
    public static bool Listens(int init, string socket)
    {
        if (!File.Exists(socket))
            return false;
        try
        {
            // Num RefCount Protocol Flags Type St Inode Path (proc_net(5), proc_pid_net(5))
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{init}/net/unix"))
                .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Any(fields => fields is [_, _, _, Listening, _, _, _, var path] && (path is "/run/libvirt/libvirt-sock" or "/var/run/libvirt/libvirt-sock" || string.Equals(path, socket, StringComparison.Ordinal)));
        }
        catch (IOException)
        {
            return false; // It has ended meanwhile.
        }
    }

    /// <summary>Process id of whoever listens on a socket; 0 where nobody does.</summary>
    public static async Task<int> FindAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
            var credentials = new byte[3 * sizeof(int)];
            return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length ? BitConverter.ToInt32(credentials) : 0;
        }
        catch (SocketException)
        {
            return 0; // Nobody is there, which is the answer.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeadlineException($"{path} to take a connection", Limit, "it did not");
        }
    }

    /// <summary>
    /// Gives libvirt's socket a second name where generations see it: what a name in a directory is bound to is the socket, so
    /// that who connects there speaks to libvirt. It has to be done again whenever the socket was made anew.
    /// </summary>
    /// <returns>Why that cannot be done; null where it is.</returns>
    public static string? Link(string socket, string name)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.Delete(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }

        if (HardLink(socket, name) == 0)
            return null;
        var error = Marshal.GetLastPInvokeError();
        return error == CrossesDevices
            ? $"{socket} and {name} are on different file systems"
            : $"{socket} cannot be linked to {name}: {Marshal.GetPInvokeErrorMessage(error)}";
    }

    /// <summary>The uppermost process of a process's PID namespace.</summary>
    private static int InitOf(int pid, IOuterKernel kernel)
    {
        var space = kernel.PidNamespace(pid);
        while (ParentOf(pid) is > 0 and var parent && string.Equals(kernel.PidNamespace(parent), space, StringComparison.Ordinal))
            pid = parent;
        return pid;
    }

    private static int ParentOf(int pid)
    {
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            // The second field is the program's name in brackets and may itself hold spaces and brackets; the fourth is the parent.
            return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It has ended meanwhile.
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int HardLink(string existing, string name);
}
