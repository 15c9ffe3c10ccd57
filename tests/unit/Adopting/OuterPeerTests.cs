using System.Net.Sockets;
using HostSwap.Orchestrator.Adopting;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Adopting;

/// <summary>The kernel tells who is behind a socket, and a second name for it leads to the same one.</summary>
public sealed class OuterPeerTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private string Path => System.IO.Path.Join(_root.FullName, "libvirt-sock");

    public void Dispose()
    {
        _socket.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public async Task Whoever_listens_is_told_by_its_process()
    {
        (await OuterPeer.FindAsync(Path, CancellationToken.None)).ShouldBe(0);
        OuterPeer.Listens(Environment.ProcessId, Path).ShouldBeFalse();
        Listen();

        (await OuterPeer.FindAsync(Path, CancellationToken.None)).ShouldBe(Environment.ProcessId);
        OuterPeer.Listens(Environment.ProcessId, Path).ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_nobody_listens_on_any_more_has_nobody_behind_it()
    {
        Listen();
        _socket.Close();

        // .NET removes what it has bound; a daemon that dies does not.
        await File.WriteAllTextAsync(Path, "", TestContext.Current.CancellationToken);

        (await OuterPeer.FindAsync(Path, CancellationToken.None)).ShouldBe(0);
        OuterPeer.Listens(Environment.ProcessId, Path).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_name_leads_to_the_same_socket()
    {
        var name = System.IO.Path.Join(_root.FullName, "generations", "0", "libvirt-sock");
        Listen();

        OuterPeer.Link(Path, name).ShouldBeNull();
        OuterPeer.Link(Path, name).ShouldBeNull("again, as after a restart");

        (await OuterPeer.FindAsync(name, CancellationToken.None)).ShouldBe(Environment.ProcessId);
    }

    [Fact]
    public void That_it_cannot_be_linked_is_said() =>
        OuterPeer.Link(Path, System.IO.Path.Join(_root.FullName, "b")).ShouldNotBeNull().ShouldContain(Path);

    private void Listen()
    {
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _socket.Listen(8);
    }
}
