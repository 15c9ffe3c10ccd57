using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Adopting;

/// <summary>
/// An engine for which the outer host itself is one more host container, called as generation 0 would be: so whatever works
/// between two generations works between the outer host's own libvirt and a generation. It runs while libvirt listens there;
/// to start it is to start libvirt, and to stop it is to see to it that nobody can start a VM in it any more. All else is Docker's.
/// </summary>
/// <param name="docker">Docker, which stays its owner's.</param>
/// <param name="paths">Which outer host.</param>
/// <param name="kernel">Its kernel.</param>
public sealed class OuterEngine(IContainerEngine docker, HostSwapPaths paths, IOuterKernel kernel) : IContainerEngine
{
    /// <summary>What stands for its image.</summary>
    public const string Image = "outer-host";

    /// <summary>systemd's own limit for the start or stop of a unit (systemd-system.conf(5), <c>DefaultTimeoutStartSec</c>), and some.</summary>
    private static readonly TimeSpan UnitLimit = TimeSpan.FromSeconds(100);

    private readonly string _name = Generation.ContainerNameOf(GenerationPaths.OuterNumber, paths);

    /// <inheritdoc/>
    public Task<EngineDescription> DescribeAsync(CancellationToken cancellationToken) => docker.DescribeAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ImageDescription?> FindImageAsync(string reference, CancellationToken cancellationToken) =>
        reference is Image ? Task.FromResult<ImageDescription?>(null) : docker.FindImageAsync(reference, cancellationToken);

    /// <inheritdoc/>
    public Task<ContainerDescription?> FindContainerAsync(string name, CancellationToken cancellationToken) =>
        IsOuter(name) ? FindOuterAsync(cancellationToken) : docker.FindContainerAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ContainerDescription>> ListContainersAsync(string label, string value, CancellationToken cancellationToken) =>
        docker.ListContainersAsync(label, value, cancellationToken);

    /// <inheritdoc/>
    public Task CreateContainerAsync(HostContainerSpec spec, CancellationToken cancellationToken) => docker.CreateContainerAsync(spec, cancellationToken);

    /// <inheritdoc/>
    public Task ConnectNetworkAsync(string container, string network, CancellationToken cancellationToken) =>
        docker.ConnectNetworkAsync(container, network, cancellationToken);

    /// <inheritdoc/>
    public async Task StartContainerAsync(string name, CancellationToken cancellationToken)
    {
        if (!IsOuter(name))
            await docker.StartContainerAsync(name, cancellationToken);
        else if (!OuterPeer.Listens(await InitAsync(cancellationToken), paths.Outer.Socket))
        {
            await SystemctlAsync("unmask", cancellationToken);
            await SystemctlAsync("start", cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task StopContainerAsync(string name, TimeSpan limit, CancellationToken cancellationToken) => IsOuter(name)
        // It was stopped when it was seen to be empty; masked, it stays so after a reboot as well.
        ? SystemctlAsync("mask", cancellationToken)
        : docker.StopContainerAsync(name, limit, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveContainerAsync(string name, CancellationToken cancellationToken) => IsOuter(name)
        ? throw new InvalidOperationException("The outer host is nobody's to remove.")
        : docker.RemoveContainerAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task SetRestartAsync(string name, bool restart, CancellationToken cancellationToken) => IsOuter(name)
        ? throw new InvalidOperationException("Docker does not start the outer host.")
        : docker.SetRestartAsync(name, restart, cancellationToken);

    /// <inheritdoc/>
    public async Task<CommandOutcome> ExecuteAsync(
        string name, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken, string? input = null) => IsOuter(name)
        ? await OuterCommand.RunAsync(await ToEnterAsync(cancellationToken), command, limit, input, cancellationToken)
        : await docker.ExecuteAsync(name, command, limit, cancellationToken, input);

    /// <inheritdoc/>
    public Task<NetworkDescription?> FindNetworkAsync(string name, CancellationToken cancellationToken) => docker.FindNetworkAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken) => docker.CreateNetworkAsync(spec, cancellationToken);

    /// <summary>Nothing: Docker's client is its owner's.</summary>
    public void Dispose()
    {
    }

    private bool IsOuter(string name) => string.Equals(name, _name, StringComparison.Ordinal);

    /// <summary>Its init is told also while its libvirt is stopped: QEMU processes may be left that belong to it.</summary>
    private async Task<ContainerDescription?> FindOuterAsync(CancellationToken cancellationToken)
    {
        var init = await OuterPeer.FindInitAsync(paths.Outer, kernel, cancellationToken);
        var listens = init > 0 && OuterPeer.Listens(init, paths.Outer.Socket);
        var started = init > 0 ? ProcessStat.Read(init)?.StartTicks ?? 0 : 0;
        return new ContainerDescription(
            _name,
            Image,
            Image,
            listens,
            init,
            string.Create(CultureInfo.InvariantCulture, $"{ProcessStat.BootId} {started}"),
            Restart: true,
            new Dictionary<string, string>(StringComparer.Ordinal),
            new Dictionary<string, string>(StringComparer.Ordinal));
    }

    private async Task<int> InitAsync(CancellationToken cancellationToken) =>
        await OuterPeer.FindInitAsync(paths.Outer, kernel, cancellationToken) is > 0 and var init
            ? init
            : throw new EnvironmentException(
                $"nobody listens on the outer host's system bus {paths.Outer.Bus}", $"See that D-Bus runs there, or name its socket in {AdoptKeys.Bus}.");

    /// <summary>The init whose namespaces a command has to enter; null where hostctl is in them, as it is but for tests.</summary>
    private async Task<int?> ToEnterAsync(CancellationToken cancellationToken)
    {
        var init = await InitAsync(cancellationToken);
        return string.Equals(kernel.PidNamespace(init), kernel.PidNamespace(Environment.ProcessId), StringComparison.Ordinal) ? null : init;
    }

    private async Task SystemctlAsync(string verb, CancellationToken cancellationToken)
    {
        var outcome = await OuterCommand.RunAsync(
            await ToEnterAsync(cancellationToken), ["systemctl", verb, .. HostImageContract.LibvirtUnits], UnitLimit, input: null, cancellationToken);
        if (outcome.ExitCode != 0)
            throw new AdapterException("systemd of the outer host", verb, outcome.Error.Trim());
    }
}
