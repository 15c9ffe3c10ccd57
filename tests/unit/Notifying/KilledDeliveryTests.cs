using System.Diagnostics;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Notifying;
using HostSwap.UnitTests.Support;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Notifying;

/// <summary>The program itself, killed with SIGKILL in the middle of a delivery.</summary>
public sealed class KilledDeliveryTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_notice_survives_the_death_of_whoever_delivers_it()
    {
        var arrived = new TaskCompletionSource();
        using var server = new LocalWebServer(async _ =>
        {
            if (!arrived.TrySetResult())
                return (200, "");
            await Task.Delay(Timeout.InfiniteTimeSpan, Token);
            return (500, "");
        });
        var paths = new HostSwapPaths(_root.FullName);
        Directory.CreateDirectory(Path.GetDirectoryName(paths.ConfigurationFile)!);
        Directory.CreateDirectory(paths.Logs);
        await File.WriteAllTextAsync(paths.ConfigurationFile, $"[notify.hook]\nwebhook = \"{server.Url}\"\n", Token);
        SqliteJournal.Open(paths.JournalFile, TimeProvider.System).Dispose();
        var settings = SettingsLoader.Load(paths.ConfigurationFile, new Dictionary<string, string?>(StringComparer.Ordinal) { [SettingsLoader.RootVariable] = _root.FullName });
        Notifier.Make(settings, TimeProvider.System).Enqueue(Notice.Make(NoticeKind.Failure, DateTimeOffset.UtcNow, "swap 1 failed", [], 1));

        using (var killed = Start("notify", "deliver"))
        {
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
            // While it is at it, nobody else is.
            (await RunAsync("notify", "deliver")).ShouldBe(5);
            killed.Kill();
            await killed.WaitForExitAsync(Token);
        }

        (await RunAsync("notify", "deliver")).ShouldBe(0);
        (await RunAsync("notify", "deliver")).ShouldBe(3);

        server.Requests.Count.ShouldBe(2);
        server.Requests[1].Body.ShouldBe(server.Requests[0].Body);
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        using var program = Start(arguments);
        await program.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
        return program.ExitCode;
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Join(AppContext.BaseDirectory, "hostctl"), arguments) { UseShellExecute = false };
        start.Environment[SettingsLoader.RootVariable] = _root.FullName;
        start.RedirectStandardOutput = true; // a line, which needs no reader
        return Process.Start(start)!;
    }
}
