using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using Xunit;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(LabEnvironment))]
// Most of a test is waiting, for a host to boot, a deadline, or a throttled transfer, while another can work. Two classes at
// once and no more, however many cores there are: QEMU's emulation has races that show where threads are held up. Every test
// has outer hosts of its own, which know nothing of each other's; what is true of the whole machine is in AloneCollection.
[assembly: Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 2)]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// What every test needs. Where root, Docker, the images or hostctl are absent all tests fail with the reason: a run
/// that skipped them would look green and prove nothing.
/// </summary>
public sealed class LabEnvironment : IAsyncLifetime
{
    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await Repository.RequireAsync(TestContext.Current.CancellationToken);
        await LabJanitor.RemoveLeftoversAsync(TestContext.Current.CancellationToken);
        await LabJanitor.RemoveStrayContainersAsync(TestContext.Current.CancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
