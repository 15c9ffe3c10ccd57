using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Locking;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Locking;

public sealed class HolderSignalTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PosixSignal.SIGINT, "INT")]
    [InlineData(PosixSignal.SIGTERM, "TERM")]
    public async Task A_holder_gets_the_signal_and_its_end_is_seen(PosixSignal signal, string trapped)
    {
        using var child = new ChildProcess($"trap 'exit 0' {trapped}; echo ready; while :; do sleep 0.05; done");
        using var found = HolderSignal.Open(child.Holder).ShouldNotBeNull();

        found.Send(signal).ShouldBeTrue();
        await found.WaitForExitAsync(Limit, TimeProvider.System, Token);
        found.Send(signal).ShouldBeFalse();
        await found.WaitForExitAsync(TimeSpan.Zero, TimeProvider.System, Token);
    }

    [Fact]
    public async Task Waiting_for_one_that_does_not_end_has_a_deadline()
    {
        using var child = new ChildProcess();
        using var found = HolderSignal.Open(child.Holder).ShouldNotBeNull();
        child.Stop();

        var late = await Should.ThrowAsync<DeadlineException>(() => found.WaitForExitAsync(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token));
        late.Message.ShouldContain($"'hostctl swap', process {child.Pid}, to end; last seen: it is stopped");
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Should.ThrowAsync<OperationCanceledException>(() => found.WaitForExitAsync(Limit, TimeProvider.System, impatient.Token));
    }

    [Fact]
    public void Another_process_of_the_same_number_is_left_alone()
    {
        using var child = new ChildProcess();
        HolderSignal.Open(child.Holder with { StartTicks = child.Holder.StartTicks - 1 }).ShouldBeNull();
        HolderSignal.Open(child.Holder with { BootId = "another" }).ShouldBeNull();
    }

    [Fact]
    public void One_that_has_ended_is_not_found()
    {
        using var child = new ChildProcess();
        var holder = child.Holder;
        child.End();

        HolderSignal.Open(holder).ShouldBeNull();
    }

    [Fact]
    public void No_other_signal_is_sent()
    {
        using var child = new ChildProcess();
        using var found = HolderSignal.Open(child.Holder).ShouldNotBeNull();

        Should.Throw<ArgumentOutOfRangeException>(() => found.Send(PosixSignal.SIGHUP));
    }
}
