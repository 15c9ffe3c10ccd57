using System.Net.Sockets;
using System.Runtime.InteropServices;
using HostSwap.Hostctl;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

/// <summary>Screens and consoles follow their VMs.</summary>
public sealed class DisplayVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Theory]
    [InlineData("display", "Name a VM")]
    [InlineData("display db01 --all", "Name a VM")]
    [InlineData("display --all --listen 127.0.0.1:1", "--listen goes with a VM")]
    [InlineData("display db01 --listen somewhere", "--listen takes an address")]
    [InlineData("display db09", "there is no VM 'db09'")]
    public async Task Refuses_what_makes_no_sense(string line, string why)
    {
        (await _hostctl.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldContain(why);
    }

    [Fact]
    public async Task With_nothing_configured_there_is_nothing_to_do() =>
        (await _hostctl.RunAsync("display", "--all")).ShouldBe(ExitCode.NothingToDo);

    [Fact]
    public async Task Leads_a_viewer_to_the_generation_in_which_the_vm_executes()
    {
        _hostctl.Host.Status = Samples.Status(
            Samples.Vm("db01", Samples.Db) with { State = DomainState.Paused }, Samples.Vm("db01", Samples.Db, generation: 2)) with
        {
            Generations = [Samples.Generation(), Samples.Generation(2, GenerationRole.Candidate)],
        };
        var asked = new TaskCompletionSource<VmPlace>();
        _hostctl.Host.Display = vm =>
        {
            asked.TrySetResult(vm);
            return Task.FromException<Socket>(new IOException("gone"));
        };

        var running = _hostctl.RunAsync("display", "db01");
        using var viewer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await viewer.ConnectAsync(System.Net.IPEndPoint.Parse(await AddressAsync()), TestContext.Current.CancellationToken);

        (await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBe(new VmPlace(2, Samples.Db));
        _hostctl.Signals.Raise(PosixSignal.SIGTERM).ShouldBeTrue();
        (await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task A_console_goes_on_where_its_vm_has_gone()
    {
        _hostctl.Children.Ended = count =>
        {
            // Its end of the console closes as its QEMU ends; the second time it is the operator who leaves.
            if (count == 1) _hostctl.Host.Status = Samples.Status(Samples.Vm("db01", Samples.Db, generation: 2));
        };

        (await _hostctl.RunAsync("console", "db01")).ShouldBe(ExitCode.Done);

        _hostctl.Children.Commands.Select(static command => command[3]).ShouldBe(["gen-1", "gen-2"]);
        _hostctl.Error.ShouldContain("'db01' has moved to gen-2");
    }

    private async Task<string> AddressAsync()
    {
        await _hostctl.FirstLine.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        return _hostctl.Out.Trim()[(Samples.Db.ToString().Length + 2)..];
    }
}
