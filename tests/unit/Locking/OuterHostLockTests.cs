using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Locking;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Locking;

public sealed class OuterHostLockTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-unit-");

    private string File => Path.Join(_directory.FullName, "lock");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void The_second_is_refused_and_told_who_holds_it()
    {
        using var held = OuterHostLock.Acquire(File, "swap", TimeProvider.System);
        var refused = Should.Throw<LockedException>(() => OuterHostLock.Acquire(File, "plan", TimeProvider.System));
        refused.Message.ShouldContain("hostctl swap");
        refused.Message.ShouldContain(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        OuterHostLock.FindHolder(File)!.ShouldContain("hostctl swap");
    }

    [Fact]
    public void A_file_that_nobody_holds_is_no_lock()
    {
        OuterHostLock.Acquire(File, "swap", TimeProvider.System).Dispose();
        OuterHostLock.FindHolder(File).ShouldBeNull();
        OuterHostLock.Acquire(File, "plan", TimeProvider.System).Dispose();
    }
}
