using System.Text.Json;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Hosts;

/// <summary>One generation's container, entered by <c>docker exec</c> and asked by <c>virsh</c>, past hostctl.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Container">Its container's id.</param>
public sealed record Generation(int Number, string Container)
{
    /// <summary>Runs a command in it, whatever its exit code.</summary>
    public Task<CommandResult> TryAsync(
        IReadOnlyList<string> command, CancellationToken cancellationToken, string? input = null, TimeSpan? limit = null) =>
        DockerCli.ExecAsync(Container, command, cancellationToken, limit, input);

    /// <summary>Runs a command in it that must succeed, and returns what it printed.</summary>
    public async Task<string> RunAsync(
        IReadOnlyList<string> command, CancellationToken cancellationToken, string? input = null, TimeSpan? limit = null) =>
        (await TryAsync(command, cancellationToken, input, limit)).Succeeded().Output.Trim();

    /// <summary>Runs virsh, which must succeed. Domains are named by UUID: names may look like options.</summary>
    public Task<string> VirshAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken, string? input = null) =>
        RunAsync(["virsh", "--quiet", .. arguments], cancellationToken, input);

    /// <summary>UUIDs of all domains that are defined or active here.</summary>
    public async Task<IReadOnlyList<Guid>> DomainsAsync(CancellationToken cancellationToken) =>
        [.. DockerCli.Lines(await VirshAsync(["list", "--all", "--uuid"], cancellationToken)).Select(Guid.Parse)];

    /// <summary>The domain's state in virsh's words.</summary>
    public Task<string> StateAsync(Guest guest, CancellationToken cancellationToken) => VirshAsync(["domstate", guest.Uuid], cancellationToken);

    /// <summary>The definition that the next start uses.</summary>
    public Task<string> DefinitionAsync(Guest guest, CancellationToken cancellationToken) =>
        VirshAsync(["dumpxml", "--inactive", "--security-info", guest.Uuid], cancellationToken);

    /// <summary>Lines of <c>virsh dominfo</c>, by their first word.</summary>
    public async Task<string> InfoAsync(Guest guest, string field, CancellationToken cancellationToken) =>
        DockerCli.Lines(await VirshAsync(["dominfo", guest.Uuid], cancellationToken))
            .Single(line => line.StartsWith($"{field}:", StringComparison.Ordinal))[(field.Length + 1)..].Trim();

    /// <summary>What <c>qemu-img check</c> finds wrong in a shut off guest's qcow2 disk; 0 means clean.</summary>
    public async Task<long> CheckDiskAsync(string path, CancellationToken cancellationToken)
    {
        // Exit codes 2 and 3 stand for corruption and leaks, which the JSON tells in numbers.
        var result = await TryAsync(["qemu-img", "check", "--output=json", path], cancellationToken);
        if (result.ExitCode is not (0 or 2 or 3)) result.Succeeded();
        using var document = JsonDocument.Parse(result.Output);
        return new[] { "corruptions", "leaks", "check-errors" }
            .Sum(name => document.RootElement.TryGetProperty(name, out var value) ? value.GetInt64() : 0);
    }
}
