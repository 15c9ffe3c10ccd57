namespace HostSwap.Orchestrator.Configuration;

/// <summary>What a key's value must look like in the file.</summary>
internal enum ValueKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A whole number or a word that stands for none.</summary>
    IntegerOrWord,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>A list of texts.</summary>
    TextList,
}

/// <summary>Every key there is. A test holds the example file to this list.</summary>
internal static class KnownKeys
{
    public const string Root = "root";
    public const string Image = "image";
    public const string DockerEndpoint = "docker.endpoint";
    public const string DockerNetwork = "docker.network";
    public const string DockerSubnet = "docker.subnet";
    public const string DockerContainerRange = "docker.container_range";
    public const string DockerSubnet6 = "docker.subnet6";
    public const string DockerOuterBridge = "docker.outer_bridge";
    public const string DockerTimeout = "docker.timeout";
    public const string StorageShared = "storage.shared";
    public const string StorageDevices = "storage.devices";
    public const string CarryFiles = "carry.files";
    public const string CarryReload = "carry.reload";
    public const string ReadyTimeout = "generation.ready_timeout";
    public const string StopTimeout = "generation.stop_timeout";
    public const string Soak = "generation.soak";
    public const string KeepRetired = "generation.keep_retired";
    public const string Handover = "migration.handover";
    public const string Canaries = "migration.canaries";
    public const string Parallel = "migration.parallel";
    public const string Bandwidth = "migration.bandwidth_mib_per_second";
    public const string ParallelConnections = "migration.parallel_connections";
    public const string AutoConverge = "migration.auto_converge";
    public const string DeadlineBase = "migration.deadline_base";
    public const string DeadlinePerGiB = "migration.deadline_per_gib";
    public const string NoProgressLimit = "migration.no_progress_limit";
    public const string Retries = "migration.retries";
    public const string RetryDelay = "migration.retry_delay";
    public const string MemoryReserve = "migration.memory_reserve_mib";
    public const string WaitJobs = "migration.wait_jobs";
    public const string WhenNotLive = "migration.when_not_live";
    public const string ShutdownDeadline = "migration.shutdown_deadline";
    public const string MemorySize = "memory.size";
    public const string MemoryBacking = "memory.backing";
    public const string MemoryPageSize = "memory.page_size";
    public const string MemoryHugePages = "memory.huge_pages";
    public const string Policy = "migration.policy";
    public const string MaximumBandwidth = "migration.max_bandwidth_mib_per_second";
    public const string Downtime = "migration.downtime";
    public const string MaximumDowntime = "migration.max_downtime";
    public const string ClimbAfter = "migration.climb_after";
    public const string BuildSuite = "build.suite";
    public const string BuildRecipe = "build.recipe";
    public const string BuildOverlay = "build.overlay";
    public const string BuildDeadline = "build.deadline";
    public const string BuildKeep = "build.keep";
    public const string RefreshStrategy = "refresh.strategy";
    public const string RefreshTimeZone = "refresh.time_zone";
    public const string RefreshRandomDelay = "refresh.random_delay";
    public const string RefreshCheckInterval = "refresh.check_interval";
    public const string RefreshUrgent = "refresh.urgent";
    public const string RefreshFreeze = "refresh.freeze";
    public const string RefreshOnFailure = "refresh.on_failure";
    public const string RefreshAtWindowEnd = "refresh.at_window_end";
    public const string RefreshSoak = "refresh.soak";
    public const string RefreshOnSoakFailure = "refresh.on_soak_failure";
    public const string RefreshMaximumLoad = "refresh.max_load";

    private static readonly Dictionary<string, ValueKind> Own = new(StringComparer.Ordinal)
    {
        [Root] = ValueKind.Text,
        [Image] = ValueKind.Text,
        [DockerEndpoint] = ValueKind.Text,
        [DockerNetwork] = ValueKind.Text,
        [DockerSubnet] = ValueKind.Text,
        [DockerContainerRange] = ValueKind.Text,
        [DockerSubnet6] = ValueKind.Text,
        [DockerOuterBridge] = ValueKind.Text,
        [DockerTimeout] = ValueKind.Text,
        [StorageShared] = ValueKind.TextList,
        [StorageDevices] = ValueKind.TextList,
        [CarryFiles] = ValueKind.TextList,
        [CarryReload] = ValueKind.TextList,
        [ReadyTimeout] = ValueKind.Text,
        [StopTimeout] = ValueKind.Text,
        [Soak] = ValueKind.Text,
        [KeepRetired] = ValueKind.Text,
        [Handover] = ValueKind.Flag,
        [Canaries] = ValueKind.Text,
        [Parallel] = ValueKind.IntegerOrWord,
        [Bandwidth] = ValueKind.IntegerOrWord,
        [ParallelConnections] = ValueKind.Integer,
        [AutoConverge] = ValueKind.Flag,
        [DeadlineBase] = ValueKind.Text,
        [DeadlinePerGiB] = ValueKind.Text,
        [NoProgressLimit] = ValueKind.Text,
        [Retries] = ValueKind.Integer,
        [RetryDelay] = ValueKind.Text,
        [MemoryReserve] = ValueKind.Integer,
        [WaitJobs] = ValueKind.Text,
        [WhenNotLive] = ValueKind.Text,
        [ShutdownDeadline] = ValueKind.Text,
        [MemorySize] = ValueKind.Text,
        [MemoryBacking] = ValueKind.Text,
        [MemoryPageSize] = ValueKind.Text,
        [MemoryHugePages] = ValueKind.Text,
        [Policy] = ValueKind.Text,
        [MaximumBandwidth] = ValueKind.IntegerOrWord,
        [Downtime] = ValueKind.Text,
        [MaximumDowntime] = ValueKind.Text,
        [ClimbAfter] = ValueKind.Text,
        [BuildSuite] = ValueKind.Text,
        [BuildRecipe] = ValueKind.Text,
        [BuildOverlay] = ValueKind.Text,
        [BuildDeadline] = ValueKind.Text,
        [BuildKeep] = ValueKind.Integer,
        [RefreshStrategy] = ValueKind.Text,
        [RefreshTimeZone] = ValueKind.Text,
        [RefreshRandomDelay] = ValueKind.Text,
        [RefreshCheckInterval] = ValueKind.Text,
        [RefreshUrgent] = ValueKind.TextList,
        [RefreshFreeze] = ValueKind.TextList,
        [RefreshOnFailure] = ValueKind.Text,
        [RefreshAtWindowEnd] = ValueKind.Text,
        [RefreshSoak] = ValueKind.Text,
        [RefreshOnSoakFailure] = ValueKind.Text,
        [RefreshMaximumLoad] = ValueKind.IntegerOrWord,
    };

    /// <summary>The keys with the form of their values.</summary>
    public static readonly IReadOnlyDictionary<string, ValueKind> Kinds = new Dictionary<string, ValueKind>(Own.Concat(FleetKeys.Kinds).Concat(AdoptKeys.Kinds), StringComparer.Ordinal);

    /// <summary>The tables that the keys stand in.</summary>
    public static readonly IReadOnlyList<string> Tables =
        [.. Kinds.Keys.Where(key => key.Contains('.', StringComparison.Ordinal)).Select(TableOf).Distinct(StringComparer.Ordinal)];

    /// <summary>The kinds of tables that stand once for each name.</summary>
    public static readonly IReadOnlyList<NamedTable> NamedTables =
        [VmKeys.Table, NetworkKeys.Table, RefreshKeys.Windows, RefreshKeys.Vetoes, RefreshKeys.Hooks, NotifyKeys.Table];

    /// <summary>The table of a full key; empty for the root's own keys.</summary>
    public static string TableOf(string key) => key[..Math.Max(key.LastIndexOf('.'), 0)];

    /// <summary>What to say after an unknown key: the nearest known one, or all that are allowed in its table.</summary>
    public static string SuggestKey(string unknown)
    {
        var table = TableOf(unknown);
        return Suggest(unknown, Kinds.Keys, table.Length > 0 && Tables.Contains(table, StringComparer.Ordinal)
            ? Kinds.Keys.Where(key => string.Equals(TableOf(key), table, StringComparison.Ordinal))
            : Kinds.Keys.Where(key => TableOf(key).Length == 0).Concat(Tables.Select(name => $"[{name}]")));
    }

    /// <summary>What to say after an unknown table: the nearest known one, or all.</summary>
    public static string SuggestTable(string unknown) => Suggest(unknown, Tables, Tables.Select(name => $"[{name}]"));

    private static string Suggest(string unknown, IEnumerable<string> known, IEnumerable<string> allowed)
    {
        var name = unknown[(unknown.LastIndexOf('.') + 1)..];
        var nearest = known
            .Select(candidate => (Name: candidate, Distance: Distance(unknown, name, candidate)))
            .MinBy(candidate => candidate.Distance);
        return nearest.Distance <= 1 + (name.Length / 4)
            ? $"did you mean {nearest.Name}?"
            : $"allowed are {string.Join(", ", allowed)}";
    }

    // A key written into the wrong table is as near as one with a slip of the pen in the right one.
    private static int Distance(string unknown, string name, string candidate) => Math.Min(
        EditDistance(unknown, candidate),
        EditDistance(name, candidate[(candidate.LastIndexOf('.') + 1)..]));

    private static int EditDistance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
