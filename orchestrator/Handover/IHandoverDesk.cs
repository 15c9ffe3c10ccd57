namespace HostSwap.Orchestrator.Handover;

/// <summary>Where the hook of one generation's libvirt asks about domains that it is about to start.</summary>
public interface IHandoverDesk : IAsyncDisposable
{
    /// <summary>From now on this VM's ticket is asked.</summary>
    void Expect(IHandoverTicket ticket);

    /// <summary>From now on this VM is one like any other, which may always start.</summary>
    void Forget(Guid uuid);
}

/// <summary>Leave for one VM to be handed over, and what is done at each moment that the hook asks about.</summary>
public interface IHandoverTicket
{
    /// <summary>The VM.</summary>
    Guid Uuid { get; }

    /// <summary>libvirt is about to start the new QEMU, and has made the directory for its RAM.</summary>
    /// <param name="domainId">libvirt's number for the domain on the new side.</param>
    /// <returns>Why it must not; null where it may.</returns>
    string? OnStart(int domainId);

    /// <summary>The new QEMU has started and waits; the old one sends only after the answer.</summary>
    /// <param name="domainId">libvirt's number for the domain on the new side.</param>
    /// <param name="cancellationToken">Ends when the hook waits no longer.</param>
    /// <returns>Why it must not; null where it may.</returns>
    Task<string?> OnStartedAsync(int domainId, CancellationToken cancellationToken);
}
