namespace HostSwap.Orchestrator.Configuration;

/// <summary>By what servers of a fleet agree on which of them are swapped at a time.</summary>
public enum FleetService
{
    /// <summary>By nothing: this server asks nobody.</summary>
    None,

    /// <summary>By etcd, version 3.</summary>
    Etcd,

    /// <summary>By a lock manager that speaks the FleetLock protocol, such as airlock.</summary>
    FleetLock,
}

/// <summary>How this server and others agree that no more than some of them are swapped at a time.</summary>
public sealed record FleetSettings
{
    /// <summary>By what.</summary>
    public FleetService Service { get; init; }

    /// <summary>Where it is asked, one after the other until one answers: at least one, unless the service is none.</summary>
    public IReadOnlyList<Uri> Endpoints { get; init; } = [];

    /// <summary>The group of servers that this one belongs to.</summary>
    public string Group { get; init; } = "default";

    /// <summary>How many of the group at once, the same on each of them. A FleetLock manager has its own.</summary>
    public int Limit { get; init; } = 1;

    /// <summary>What this server is called; null for a name that follows from its machine id.</summary>
    public string? Member { get; init; }

    /// <summary>How long etcd keeps a slot whose holder is not heard of any more.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a slot is waited for; zero for not at all.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>How long one question may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The authorities that sign certificates of the service, in PEM; null for those that this machine trusts.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>This machine's certificate, in PEM; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The key of that, in PEM; there where the certificate is.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The user at etcd; null for none.</summary>
    public string? User { get; init; }

    /// <summary>The file with the user's password; there where the user is.</summary>
    public string? PasswordFile { get; init; }
}
