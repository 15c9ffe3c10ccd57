using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using Xunit;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(LabEnvironment))]
// Each test boots guests on the machine's few cores; two at once would measure each other.
[assembly: Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

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
