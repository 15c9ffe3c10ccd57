using System.Diagnostics;
using HostSwap.Orchestrator.DBus;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.DBus;

/// <summary>
/// A dbus-daemon of the test's own. A name that it can activate belongs to a program that never takes it, so that a
/// call to it stays pending for as long as the bus lives.
/// </summary>
internal sealed class PrivateBus : IAsyncDisposable
{
    public const string MuteService = "org.hostswap.Mute";

    private readonly string _folder = Directory.CreateTempSubdirectory("hsbus").FullName;
    private Process? _daemon;

    public string SocketPath => Path.Combine(_folder, "bus");

    public static async Task<PrivateBus> StartAsync()
    {
        var bus = new PrivateBus();
        await bus.WriteFilesAsync();
        await bus.RunAsync();
        return bus;
    }

    public async Task RunAsync()
    {
        var start = new ProcessStartInfo("dbus-daemon")
        {
            // It remarks on each activation, which the tests' output can do without.
            ArgumentList =
            {
                "--nofork", "--syslog-only", "--print-address", $"--config-file={Path.Combine(_folder, "bus.conf")}",
            },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        _daemon = Process.Start(start)!;
        // It prints its address when it listens.
        (await _daemon.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
    }

    public async Task StopAsync()
    {
        if (_daemon is null)
            return;
        // With the programs that it activated, which would sleep on.
        _daemon.Kill(entireProcessTree: true);
        await _daemon.WaitForExitAsync(CancellationToken.None);
        _daemon.Dispose();
        _daemon = null;
    }

    public Task<BusConnection> ConnectAsync() => BusConnection.OpenAsync(
        SocketPath, "test", TimeSpan.FromSeconds(10), TimeProvider.System, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WriteFilesAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "bus.conf"), $"""
            <busconfig>
              <listen>unix:path={SocketPath}</listen>
              <auth>EXTERNAL</auth>
              <servicedir>{_folder}</servicedir>
              <policy context="default">
                <allow send_destination="*"/>
                <allow receive_sender="*"/>
                <allow own="*"/>
              </policy>
              <limit name="service_start_timeout">600000</limit>
              <limit name="max_replies_per_connection">50000</limit>
            </busconfig>
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder, $"{MuteService}.service"), $"""
            [D-BUS Service]
            Name={MuteService}
            Exec=/bin/sleep 30
            """);
    }
}
