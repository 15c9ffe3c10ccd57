using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Hosts;

/// <summary>Runs the real hostctl against one lab.</summary>
public sealed class HostctlRunner
{
    /// <summary>Limit of a verb for which none is given; a swap with a candidate takes well under half of it.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(4);

    private HostctlRunner(IReadOnlyDictionary<string, string> variables) => Variables = variables;

    /// <summary>Runs it against the outer host with this root.</summary>
    public HostctlRunner(string root)
        : this(new Dictionary<string, string>(StringComparer.Ordinal) { ["HOSTSWAP_ROOT"] = root, ["NO_COLOR"] = "1" })
    {
    }

    /// <summary>The environment that ties hostctl to this lab.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; }

    /// <summary>The same with one more variable in hostctl's environment.</summary>
    public HostctlRunner With(string name, string value) =>
        new(new Dictionary<string, string>(Variables, StringComparer.Ordinal) { [name] = value });

    /// <summary>Runs a verb to its end, whatever its exit code.</summary>
    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken, TimeSpan? limit = null) =>
        Command.RunAsync(Repository.Hostctl, arguments, cancellationToken, limit ?? DefaultLimit, environment: Variables);

    /// <summary>Runs a verb that must succeed, and reads its JSON.</summary>
    public async Task<T> ReadAsync<T>(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        HostctlDocuments.Read<T>((await RunAsync([.. arguments, "--format", "json"], cancellationToken)).Succeeded().Output);

    /// <summary>Starts a verb and leaves it running.</summary>
    public RunningProcess Start(IReadOnlyList<string> arguments) => new(Repository.Hostctl, arguments, Variables);

    /// <summary>Starts a swap whose events can be followed.</summary>
    public RunningProcess StartSwap(params IReadOnlyList<string> arguments) =>
        Start(["swap", "--yes", "--format", "json", .. arguments]);

    /// <summary>Everything about all generations.</summary>
    public Task<StatusView> StatusAsync(CancellationToken cancellationToken) =>
        ReadAsync<StatusView>(["status"], cancellationToken);

    /// <summary>The newest recorded swap, with its moves.</summary>
    public Task<ShowView> LastSwapAsync(CancellationToken cancellationToken) => LastAsync("swap", cancellationToken);

    /// <summary>The newest recorded operation of a kind, with its moves.</summary>
    public async Task<ShowView> LastAsync(string kind, CancellationToken cancellationToken)
    {
        var history = await ReadAsync<HistoryView>(["history"], cancellationToken);
        var newest = history.Operations.FirstOrDefault(operation => string.Equals(operation.Kind, kind, StringComparison.Ordinal))
            ?? throw new LabException($"no {kind} is recorded");
        return await ReadAsync<ShowView>(["show", newest.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)], cancellationToken);
    }

    /// <summary>The events among the lines of a swap's output.</summary>
    public static IReadOnlyList<EventView> Events(string output) =>
        [.. DockerCli.Lines(output).Select(static line => HostctlDocuments.Read<EventView>(line))];
}
