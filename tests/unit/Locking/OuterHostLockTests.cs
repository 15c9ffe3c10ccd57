using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Locking;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Locking;

public sealed class OuterHostLockTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-unit-");

    private string File => Path.Join(_directory.FullName, "lock");

    private string HolderPath => File + ".holder";

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void The_second_is_refused_and_told_who_holds_it()
    {
        using var held = Acquire("swap");
        var refused = Should.Throw<LockedException>(() => Acquire("plan"));

        refused.Message.ShouldContain("hostctl swap");
        refused.Message.ShouldContain(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        var found = OuterHostLock.FindHolder(File).ShouldNotBeNull();
        found.Words.ShouldContain("hostctl swap");
        found.Holder.ShouldBe(held.Holder);
        found.Holder.ShouldNotBeNull().IsAlive.ShouldBeTrue();
        held.Predecessor.ShouldBeNull();
    }

    [Fact]
    public void A_lock_that_was_given_back_leaves_nothing_to_tell()
    {
        var first = Acquire("swap");
        System.IO.File.GetUnixFileMode(HolderPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        first.Dispose();
        first.Dispose();

        OuterHostLock.FindHolder(File).ShouldBeNull();
        _directory.GetFiles().ShouldHaveSingleItem().Name.ShouldBe("lock");
        using var second = Acquire("plan");
        second.Predecessor.ShouldBeNull();
    }

    [Fact]
    public void A_holder_that_died_is_told_of()
    {
        using (var child = new ChildProcess())
            HolderFile.Write(File, child.Holder);

        using var next = Acquire("swap");
        next.Predecessor.ShouldNotBeNull().ShouldMatch(@"^an earlier 'hostctl swap', process \d+, ended without saying so$");
    }

    [Fact]
    public void A_holder_that_a_reboot_ended_is_told_of()
    {
        // This very process lives, but a pid of another boot says nothing.
        HolderFile.Write(File, LockHolder.Of(Environment.ProcessId, "swap", DateTimeOffset.UnixEpoch) with { BootId = "another" });

        using var next = Acquire("swap");
        next.Predecessor.ShouldNotBeNull().ShouldContain("the machine was rebooted since");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"pid\":1,\"purpose\":\"swap\",\"since\":\"2026-11-23T06:07:08+00:00\"}")]
    public void What_an_older_hostctl_or_a_crash_left_is_no_holder(string text)
    {
        System.IO.File.WriteAllText(HolderPath, text);
        using (var next = Acquire("swap"))
            next.Predecessor.ShouldBeNull();
        using var foreign = LockByAnother();
        System.IO.File.WriteAllText(HolderPath, text);

        OuterHostLock.FindHolder(File).ShouldBe(new HeldBy(null, "another hostctl, which has not yet said who it is"));
        Should.Throw<LockedException>(() => Acquire("swap")).Message.ShouldContain("not yet said who it is");
    }

    [Fact]
    public void A_stopped_holder_is_told_with_both_ways_out()
    {
        using var child = LockByAnother();
        HolderFile.Write(File, child.Holder);
        Should.Throw<LockedException>(() => Acquire("plan")).Remedy.ShouldContain("Wait for it");
        child.Stop();

        var refused = Should.Throw<LockedException>(() => Acquire("plan"));
        refused.Message.ShouldEndWith($"'hostctl swap', process {child.Pid}, since 2026-11-23 06:07:08 UTC, stopped (SIGSTOP or a debugger)");
        refused.Remedy.ShouldBe($"'kill -CONT {child.Pid}' lets it go on, 'hostctl resume --take-over' takes its place.");
        OuterHostLock.FindHolder(File).ShouldNotBeNull().Words.ShouldContain("stopped");
    }

    [Fact]
    public void A_living_holder_is_replaced_and_nobody_else_gets_in()
    {
        using var child = LockByAnother();
        HolderFile.Write(File, child.Holder);
        child.Stop();

        using (var taken = Acquire("resume", takeOver: true))
        {
            taken.Predecessor.ShouldNotBeNull().ShouldBe($"an earlier {child.Holder.Describe()}, has been replaced");
            OuterHostLock.FindHolder(File).ShouldNotBeNull().Holder.ShouldBe(taken.Holder);
            Should.Throw<LockedException>(() => Acquire("plan")).Message.ShouldContain("hostctl resume");
        }

        // The old lock is still held, but no longer this one's name.
        OuterHostLock.FindHolder(File).ShouldBeNull();
        using var next = Acquire("plan");
        next.Predecessor.ShouldBeNull();
        _directory.GetFiles().Select(file => file.Name).Order().ShouldBe(["lock", "lock.holder"]);
    }

    [Fact]
    public void A_replaced_holder_that_ends_takes_nothing_from_the_new_one()
    {
        var old = Acquire("swap");
        using var taken = Acquire("resume", takeOver: true);
        old.Dispose();

        OuterHostLock.FindHolder(File).ShouldNotBeNull().Holder.ShouldBe(taken.Holder);
        Should.Throw<LockedException>(() => Acquire("plan"));
    }

    [Fact]
    public void Nobody_needs_to_be_replaced_where_the_lock_is_free()
    {
        Acquire("swap").Dispose();
        using var taken = Acquire("resume", takeOver: true);

        taken.Predecessor.ShouldBeNull();
    }

    [Fact]
    public async Task Of_many_at_once_exactly_one_holds_it()
    {
        var inside = 0;
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                try
                {
                    using var held = Acquire("swap");
                    Interlocked.Increment(ref inside).ShouldBe(1);
                    Interlocked.Increment(ref taken);
                    Interlocked.Decrement(ref inside);
                }
                catch (LockedException)
                {
                    // One of the others holds it.
                }
            }
        })));

        taken.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Whoever_looks_at_the_lock_does_not_keep_others_from_it()
    {
        Acquire("init").Dispose();
        using var done = new CancellationTokenSource();
        var reading = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                    _ = OuterHostLock.FindHolder(File);
            },
            TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
            Acquire("swap").Dispose();
        await done.CancelAsync();
        await reading;
    }

    private OuterHostLock Acquire(string purpose, bool takeOver = false) => OuterHostLock.Acquire(File, purpose, TimeProvider.System, takeOver);

    /// <summary>Another process that holds the lock.</summary>
    private ChildProcess LockByAnother() => new($"exec 9>>'{File}'; flock -n 9 && echo ready; exec sleep 600");
}
