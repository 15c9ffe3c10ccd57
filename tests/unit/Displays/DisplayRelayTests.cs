using System.Net;
using System.Net.Sockets;
using HostSwap.Orchestrator.Displays;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Displays;

/// <summary>What comes in at one side goes out at the other, to whichever screen there is at that time.</summary>
public sealed class DisplayRelayTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Socket _screens = Listen();
    private readonly CancellationTokenSource _end = new(Limit);

    [Fact]
    public async Task Each_connection_is_led_to_the_screen_as_it_is_then()
    {
        using var relay = new DisplayRelay(new IPEndPoint(IPAddress.Loopback, 0), ConnectAsync, static problem => throw new InvalidOperationException(problem));
        var running = relay.RunAsync(_end.Token);

        using var first = await ViewAsync(relay);
        using var screen = await AcceptAsync();
        await SendAsync(screen, "RFB 1"u8.ToArray());
        (await ReceiveAsync(first, 5)).ShouldBe("RFB 1"u8.ToArray());
        await SendAsync(first, "key"u8.ToArray());
        (await ReceiveAsync(screen, 3)).ShouldBe("key"u8.ToArray());

        screen.Dispose(); // Its VM has moved.
        (await ReceiveAsync(first, 1)).ShouldBeEmpty();
        using var second = await ViewAsync(relay);
        using var other = await AcceptAsync();
        await SendAsync(other, "RFB 2"u8.ToArray());
        (await ReceiveAsync(second, 5)).ShouldBe("RFB 2"u8.ToArray());

        await _end.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running.WaitAsync(Limit, CancellationToken.None));
        (await ReadAsync(second, 1, TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_screen_that_is_not_there_ends_its_viewer_and_no_other()
    {
        var problems = new List<string>();
        var there = false;
        using var relay = new DisplayRelay(
            new IPEndPoint(IPAddress.Loopback, 0),
            token => there ? ConnectAsync(token) : throw new EnvironmentException("it is shut off", "Start it."),
            problems.Add);
        var running = relay.RunAsync(_end.Token);

        using (var refused = await ViewAsync(relay))
            (await ReceiveAsync(refused, 1)).ShouldBeEmpty();
        problems.ShouldBe(["it is shut off"]);
        there = true;
        using var viewer = await ViewAsync(relay);
        using var screen = await AcceptAsync();
        await SendAsync(screen, "x"u8.ToArray());
        (await ReceiveAsync(viewer, 1)).ShouldBe("x"u8.ToArray());

        await _end.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running.WaitAsync(Limit, CancellationToken.None));
    }

    [Fact]
    public async Task A_defect_in_one_connection_is_not_passed_over()
    {
        using var relay = new DisplayRelay(
            new IPEndPoint(IPAddress.Loopback, 0), static _ => throw new InvalidOperationException("a defect"), static _ => { });
        var running = relay.RunAsync(_end.Token);

        using var viewer = await ViewAsync(relay);

        (await Should.ThrowAsync<InvalidOperationException>(running.WaitAsync(Limit, TestContext.Current.CancellationToken))).Message.ShouldBe("a defect");
    }

    [Fact]
    public void An_address_that_is_taken_is_told()
    {
        using var relay = new DisplayRelay(new IPEndPoint(IPAddress.Loopback, 0), ConnectAsync, static _ => { });

        Should.Throw<EnvironmentException>(() => new DisplayRelay(relay.Address, ConnectAsync, static _ => { })).Message.ShouldContain($"{relay.Address}");
    }

    public void Dispose()
    {
        _screens.Dispose();
        _end.Dispose();
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_screens.LocalEndPoint!, cancellationToken);
        return socket;
    }

    private Task<Socket> AcceptAsync() => _screens.AcceptAsync(_end.Token).AsTask();

    private async Task SendAsync(Socket socket, byte[] bytes) => await socket.SendAsync(bytes, _end.Token);

    private async Task<Socket> ViewAsync(DisplayRelay relay)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(relay.Address, _end.Token);
        return socket;
    }

    private Task<byte[]> ReceiveAsync(Socket socket, int count) => ReadAsync(socket, count, _end.Token);

    /// <summary>So many bytes, or fewer where the other side has closed.</summary>
    private static async Task<byte[]> ReadAsync(Socket socket, int count, CancellationToken cancellationToken)
    {
        var buffer = new byte[count];
        var read = 0;
        while (read < count)
        {
            var more = await socket.ReceiveAsync(buffer.AsMemory(read), cancellationToken);
            if (more == 0) break;
            read += more;
        }

        return buffer[..read];
    }
}
