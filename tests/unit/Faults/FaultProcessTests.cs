#if HOSTSWAP_FAULTS
using System.Diagnostics;
using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Faults;

/// <summary>The built hostctl with faults: <c>hostctl init</c> opens the journal before it needs Docker.</summary>
public sealed class FaultProcessTests : IDisposable
{
    private const int Killed = 128 + 9;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");

    private HostSwapPaths Paths => new(_root.FullName);

    private string Log => Path.Join(_root.FullName, "faults.log");

    public void Dispose()
    {
        var mounts = new KernelMounts();
        if (mounts.List().Any(mount => mount.Target == Paths.Memory))
            mounts.Unmount(Paths.Memory);
        _root.Delete(recursive: true);
    }

    [Fact]
    public void A_kill_ends_it_at_once_and_the_next_is_told()
    {
        using var hostctl = Start("journal-write=kill");
        End(hostctl).ShouldBe(Killed);

        File.ReadAllText(Log).ShouldBe("1 journal-write\n");
        using var next = OuterHostLock.Acquire(Paths.LockFile, "resume", TimeProvider.System);
        next.Predecessor.ShouldBe($"an earlier 'hostctl init', process {hostctl.Id}, ended without saying so");
    }

    [Fact]
    public void A_full_disk_is_told_as_such()
    {
        using var hostctl = Start("journal-write=io-error");

        End(hostctl).ShouldBe(9);
        hostctl.StandardError.ReadToEnd().ShouldContain("the disk is full");
    }

    [Fact]
    public void A_malformed_rule_ends_it_with_the_reason()
    {
        using var hostctl = Start("journal-write=explode");

        End(hostctl).ShouldBe(2);
        hostctl.StandardError.ReadToEnd().ShouldStartWith("HOSTSWAP_FAULT: the rule \"journal-write=explode\" is malformed");
    }

    [Theory]
    [InlineData("journal-write=stop")]
    [InlineData("journal-written=stop")]
    public void A_stopped_one_that_was_replaced_stops_for_good_when_it_wakes_up(string rule)
    {
        using var hostctl = Start(rule);
        SpinWait.SpinUntil(() => ProcessStat.Read(hostctl.Id) is { IsStopped: true }, Limit).ShouldBeTrue("hostctl must stop");

        using var taken = OuterHostLock.Acquire(Paths.LockFile, "resume", TimeProvider.System, takeOver: true);
        using var journal = SqliteJournal.Open(Paths.JournalFile, TimeProvider.System, taken);
        using (var signal = Process.Start("kill", ["-CONT", hostctl.Id.ToString(CultureInfo.InvariantCulture)]))
            signal.WaitForExit();

        End(hostctl).ShouldBe(rule.StartsWith("journal-write=", StringComparison.Ordinal) ? 5 : 9);
        journal.Begin(OperationKind.Resume, "", "{}").Id.ShouldBe(1);
        OuterHostLock.FindHolder(Paths.LockFile).ShouldNotBeNull().Holder.ShouldBe(taken.Holder);
    }

    private Process Start(string rule)
    {
        var start = new ProcessStartInfo(Path.Join(AppContext.BaseDirectory, "hostctl"), ["init"]) { RedirectStandardError = true, UseShellExecute = false };
        start.Environment["HOSTSWAP_ROOT"] = _root.FullName;
        start.Environment["HOSTSWAP_FAULT"] = rule;
        start.Environment["HOSTSWAP_FAULT_LOG"] = Log;
        start.Environment["DOCKER_HOST"] = $"unix://{_root.FullName}/no-docker.sock";
        return Process.Start(start)!;
    }

    private static int End(Process process)
    {
        var ended = process.WaitForExit(Limit);
        if (!ended)
            process.Kill();
        ended.ShouldBeTrue("hostctl must end");
        return process.ExitCode;
    }
}
#endif
