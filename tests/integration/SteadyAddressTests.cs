using System.Net;
using System.Net.Sockets;
using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>Those who work with the host from outside keep what they were told once: the URI of libvirt, a display's address.</summary>
public sealed class SteadyAddressTests
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_uri_and_displays_hold_across_a_swap_and_back()
    {
        var options = new LabOptions { Purpose = "steady address", Image = Repository.Bookworm }
            .With("generation", "soak = \"1h\"")
            .With("vm.socket", $"display = \"127.0.0.1:{FreePort()}\"");
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var guests = await lab.AddGuestsAsync(
            await lab.GenerationAsync(1, Token),
            [new GuestSpec("port") { ExtraDevices = [Vnc(new XAttribute("autoport", "yes"))] }, new GuestSpec("socket") { ExtraDevices = [Vnc(new XElement("listen", new XAttribute("type", "socket")))] }],
            Token);
        await using var byPort = lab.Hostctl.Start(["display", guests[0].Name]);
        await using var configured = lab.Hostctl.Start(["display", "--all"]);
        IPEndPoint[] displays = [await AddressAsync(byPort), await AddressAsync(configured)];
        using var first = await ViewAsync(displays[0]);
        using var second = await ViewAsync(displays[1]);
        var client = await StartClientAsync(lab);

        foreach (var verb in new string[][] { ["swap", "--yes", "--image", Repository.Trixie], ["rollback", "--yes"] })
        {
            var work = lab.Hostctl.RunAsync(verb, Token);
            var asked = 0;
            for (; !work.IsCompleted; asked++) (await ListAsync(client)).Succeeded();
            (await work).Succeeded();

            asked.ShouldBeGreaterThan(3);
            DockerCli.Lines((await ListAsync(client)).Succeeded().Output).Order(StringComparer.Ordinal).ShouldBe(guests.Select(static guest => guest.Uuid).Order(StringComparer.Ordinal));
            foreach (var display in displays) (await ViewAsync(display)).Dispose();
        }

        // Those who looked on from the beginning have seen the end of the QEMU that they were connected to.
        foreach (var viewer in new[] { first, second }) (await ReadAsync(viewer)).ShouldBeEmpty();
        foreach (var display in new[] { byPort, configured })
        {
            var ended = await EndAsync(display);
            ended.ExitCode.ShouldBe(ExitCodes.Done, ended.Describe());
            ended.Error.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_vm_without_a_display_is_told_and_a_viewer_turned_away()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "no display", Image = Repository.Trixie }, Token);
        await lab.AddGuestAsync(await lab.GenerationAsync(1, Token), new GuestSpec("blind"), Token);
        await using var display = lab.Hostctl.Start(["display", "blind"]);
        using var viewer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await viewer.ConnectAsync(await AddressAsync(display), Token);

        (await ReadAsync(viewer)).ShouldBeEmpty();

        var ended = await EndAsync(display);
        ended.ExitCode.ShouldBe(ExitCodes.Done, ended.Describe());
        ended.Error.ShouldContain("no display in gen-1");
    }

    private static Task<CommandResult> EndAsync(RunningProcess display)
    {
        display.Send(Signal.Terminate);
        return display.WaitAsync(AnswerLimit, Token);
    }

    private static XElement Vnc(XObject detail) => new("graphics", new XAttribute("type", "vnc"), detail);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<IPEndPoint> AddressAsync(RunningProcess display)
    {
        var line = await display.WaitForLineAsync("the address of a display", static line => line.Contains("127.0.0.1:", StringComparison.Ordinal), AnswerLimit, Token);
        return IPEndPoint.Parse(line[line.IndexOf("127.0.0.1:", StringComparison.Ordinal)..]);
    }

    /// <summary>QEMU speaks first in RFB (RFC 6143, 7.1.1), so that what answers is one and no relay alone.</summary>
    private static async Task<Socket> ViewAsync(IPEndPoint display)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(display, Token);
        (await ReadAsync(socket, "RFB 003.008\n".Length)).ShouldBe("RFB 003.008\n");
        return socket;
    }

    /// <summary>So many bytes, or what came until the other side closed.</summary>
    private static async Task<string> ReadAsync(Socket socket, int count = 1)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(AnswerLimit);
        var buffer = new byte[count];
        var read = 0;
        while (read < count && await socket.ReceiveAsync(buffer.AsMemory(read), limit.Token) is > 0 and var more) read += more;
        return System.Text.Encoding.ASCII.GetString(buffer, 0, read);
    }

    /// <summary>A tool with a virsh of its own, which sees of the outer host the directory with the link alone.</summary>
    private static Task<string> StartClientAsync(OuterHostLab lab) => DockerCli.RunAsync(
        [
            "run", "--detach", "--network", lab.Network, "--label", lab.Label,
            "--volume", $"{lab.Paths.Runtime}:/run/hostswap", "--entrypoint", "sleep", Repository.Bookworm, "infinity",
        ],
        Token);

    private static Task<CommandResult> ListAsync(string client) => DockerCli.ExecAsync(
        client, ["virsh", "--quiet", "--connect", "qemu:///system?socket=/run/hostswap/active/libvirt/libvirt-sock", "list", "--all", "--uuid"], Token, AnswerLimit);
}
