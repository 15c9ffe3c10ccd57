using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using HostSwap.Hostctl;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class MetricsVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Metrics_go_to_standard_output_or_to_a_file()
    {
        (await _hostctl.RunAsync("metrics")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("hostswap_vms{state=\"running\"} 1\n");

        var file = Path.Join(_hostctl.LogDirectory, "hostswap.prom");
        (await _hostctl.RunAsync("metrics", "--write", file)).ShouldBe(ExitCode.Done);
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldContain("hostswap_vms{state=\"running\"} 1\n");
        (await _hostctl.RunAsync("metrics", "--write", "/tmp/hostswap.txt")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task They_are_served_until_somebody_ends_it()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = free.LocalEndpoint.ToString()!;
        free.Stop();

        var running = _hostctl.RunAsync("metrics", "--listen", address);
        await _hostctl.FirstLine.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        _hostctl.Out.ShouldBe($"http://{address}/metrics\n");
        using var client = new HttpClient();
        (await client.GetStringAsync(new Uri($"http://{address}/metrics"), TestContext.Current.CancellationToken)).ShouldContain("hostswap_holds 0\n");

        _hostctl.Signals.Raise(PosixSignal.SIGTERM);
        (await running).ShouldBe(ExitCode.Done);
    }

    [Theory]
    [InlineData("metrics", "--listen", "here")]
    [InlineData("metrics", "--listen", "127.0.0.1")]
    [InlineData("metrics", "--listen", "--write", "/a.prom")]
    public async Task What_cannot_be_understood_is_told(params string[] arguments)
    {
        (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Usage);
        _hostctl.Opened.ShouldBe(0);
    }

    [Fact]
    public async Task Without_an_outer_host_there_are_none()
    {
        _hostctl.Host.Failure = new EnvironmentException("there is no outer host", "Run 'hostctl init'.");
        (await _hostctl.RunAsync("metrics")).ShouldBe(ExitCode.Environment);
        _hostctl.Out.ShouldBeEmpty();
    }
}
