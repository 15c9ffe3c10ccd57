using System.Xml;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Changes persistent definitions in the active generation so that VMs are ready for handover from their next cold start on,
/// or takes that back. Running VMs are not touched.
/// </summary>
public sealed class PrepareRunner(OuterHostParts parts)
{
    /// <summary>Does it. The caller holds the outer host's lock, but for a dry run.</summary>
    /// <exception cref="UsageException">The active generation has no such VM.</exception>
    /// <exception cref="AdapterException">libvirt refused a definition, or did not keep it; those before it are changed.</exception>
    public async Task<PrepareReport> RunAsync(PrepareRequest request, CancellationToken cancellationToken)
    {
        Unfinished.ThrowIfAny(parts.Journal);
        var active = parts.Generations.Active();
        var generationFault = await GenerationFaultAsync(active, request.Undo, cancellationToken);
        await using var libvirt = parts.Connector.ConnectLibvirt(active);
        var wishes = new List<Wish>();
        foreach (var domain in await FindAsync(libvirt.Domains, request.Vm, cancellationToken))
            wishes.Add(await LookAsync(libvirt.Domains, domain, request.Undo, generationFault, cancellationToken));

        var operation = request.DryRun || wishes.TrueForAll(wish => wish.Edit is null)
            ? (long?)null
            : await ApplyAsync(libvirt.Domains, request, wishes, cancellationToken);
        return new PrepareReport(request, operation, [.. wishes.Select(wish => wish.ToReport())]);
    }

    private static async Task<IReadOnlyList<DomainRecord>> FindAsync(ILibvirtDomains domains, Guid? wanted, CancellationToken cancellationToken)
    {
        var all = await domains.ListVmsAsync(cancellationToken);
        if (wanted is not { } uuid)
            return [.. all.OrderBy(domain => domain.Name, StringComparer.Ordinal)];
        return all.FirstOrDefault(domain => domain.Uuid == uuid) is { } found
            ? [found]
            : throw new UsageException($"the active generation has no VM {uuid}", "'hostctl vm list' lists them.");
    }

    /// <summary>In a container without the mounts a prepared VM would not start: its QEMU could not make the socket.</summary>
    private async Task<Refusal?> GenerationFaultAsync(Generation active, bool undo, CancellationToken cancellationToken)
    {
        await parts.Generations.InitPidAsync(active, cancellationToken);
        var container = await parts.Engine.FindContainerAsync(active.ContainerName, cancellationToken);
        if (undo || container is null || HandoverMounts.Missing(active, container, parts.Settings, parts.Kernel) is not [_, ..] missing)
            return null;
        return new Refusal(
            "generation",
            $"{active.Name} does not see {string.Join(" and ", missing)}: an older hostctl made it, or the memory was mounted after its start",
            "Swap first ('hostctl swap --force' goes to the same image): the new generation has them.");
    }

    private async Task<Wish> LookAsync(
        ILibvirtDomains domains, DomainRecord domain, bool undo, Refusal? generationFault, CancellationToken cancellationToken)
    {
        if (!domain.Persistent)
            return new Wish(domain, Edit: null, [new Refusal("transient", "it is transient: it has no definition that a next start would use", "Define it.")]);
        var xml = await domains.GetXmlAsync(domain.Uuid, DomainXml.Inactive, cancellationToken);
        try
        {
            var edit = Edit(xml, domain.Uuid, undo);
            if (undo || !edit.Changes)
                return new Wish(domain, edit.Changes ? edit : null, []);
            var page = new MemoryMount(parts.Settings, parts.Kernel).Find()?.PageSizeBytes;
            List<Refusal> refusals = [.. Unfitness.Find(edit.Before, domain.Uuid, page)];
            if (generationFault is not null)
                refusals.Add(generationFault);
            return new Wish(domain, refusals.Count == 0 ? edit : null, refusals);
        }
        catch (XmlException exception)
        {
            return new Wish(domain, Edit: null, [new Refusal("unreadable", $"its definition cannot be read: {exception.Message}", "Correct it with 'virsh edit'.")]);
        }
    }

    private async Task<long> ApplyAsync(ILibvirtDomains domains, PrepareRequest request, List<Wish> wishes, CancellationToken cancellationToken)
    {
        var kind = request.Undo ? OperationKind.Unprepare : OperationKind.Prepare;
        var wanted = wishes.Where(wish => wish.Edit is not null).ToList();
        var operation = parts.Journal.Begin(kind, $"{wanted.Count} VM(s)", "{}");
        var log = new EffectLog(parts.Journal, operation.Id);
        var (result, summary, done) = (OperationResult.FailedOnOldSide, "", 0);
        try
        {
            foreach (var wish in wanted)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await log.DoAsync("define", wish.Domain.Uuid.ToString(), () => DefineAsync(domains, wish, request.Undo));
                done++;
            }

            (result, summary) = (OperationResult.Done, $"the definitions of {done} VM(s) were changed");
            return operation.Id;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            (result, summary) = (OperationResult.Interrupted, $"interrupted after {done} of {wanted.Count} VM(s)");
            throw;
        }
        catch (HostSwapException exception) when (exception is not JournalException)
        {
            summary = exception.Message;
            throw;
        }
        finally
        {
            parts.Journal.Finish(operation.Id, result, summary, "{}", OperationEnding.Untouched);
        }
    }

    /// <summary>What libvirt keeps is looked at: it drops what it does not know, without a word.</summary>
    private static async Task<string> DefineAsync(ILibvirtDomains domains, Wish wish, bool undo)
    {
        var uuid = wish.Domain.Uuid;
        await domains.DefineAsync(wish.Edit!.Xml, CancellationToken.None);
        var kept = Edit(await domains.GetXmlAsync(uuid, DomainXml.Inactive, CancellationToken.None), uuid, undo);
        if (kept.Changes)
            throw new AdapterException("libvirt", $"define {uuid}", $"it did not keep all of the definition:\n{kept.Diff}");
        return undo ? "defined as it was before" : "defined as ready for handover from its next cold start on";
    }

    private static DefinitionEdit Edit(string xml, Guid uuid, bool undo) =>
        undo ? DefinitionEditor.Unprepare(xml, uuid) : DefinitionEditor.Prepare(xml, uuid);

    /// <summary>What is to be done with one VM; without an edit nothing is.</summary>
    private sealed record Wish(DomainRecord Domain, DefinitionEdit? Edit, IReadOnlyList<Refusal> Refusals)
    {
        public PreparedVm ToReport() => new(
            Domain.Uuid,
            Domain.Name,
            Domain.IsActive,
            Refusals.Count > 0 ? PrepareOutcome.Refused : Edit is null ? PrepareOutcome.Unchanged : PrepareOutcome.Changed,
            Refusals,
            Edit?.Diff ?? "");
    }
}
