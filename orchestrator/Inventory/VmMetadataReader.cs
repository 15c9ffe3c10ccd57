using System.Globalization;
using System.Xml.Linq;
using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>
/// Reads the element <c>vm</c> of the namespace <c>urn:hostswap:vm:1</c> in a domain's <c>metadata</c>, which libvirt
/// keeps as it is, and carries with the domain. A slip of the pen is told and never passed over: who gives a VM a
/// policy counts on it.
/// </summary>
internal static class VmMetadataReader
{
    /// <summary>The namespace, as <c>virsh metadata --uri</c> takes it.</summary>
    public const string Namespace = "urn:hostswap:vm:1";

    private static readonly XNamespace Ours = Namespace;

    /// <summary>Reads it from a domain's element.</summary>
    public static VmMetadata Read(XElement domain)
    {
        var found = domain.Element("metadata")?.Elements().Where(element => element.Name.Namespace == Ours).ToList() ?? [];
        var read = VmMetadata.None;
        var problems = new List<string>();
        foreach (var element in found)
        {
            if (element.Name != Ours + "vm")
                problems.Add($"<{element.Name.LocalName}> of {Namespace} is not known; <vm> is");
            else
                read = element.Elements().Aggregate(read, (so, child) => Read(so, child, problems));
        }

        if (found.Count > 1)
            problems.Add($"there is more than one element of {Namespace}");
        return read with { Problems = problems };
    }

    private static VmMetadata Read(VmMetadata so, XElement child, List<string> problems)
    {
        var text = child.Value.Trim();
        if (child.Name == Ours + "policy")
        {
            if (ConvergencePolicies.TryParse(text, out var policy))
                return so with { Policy = policy };
            problems.Add($"<policy> says \"{text}\"; {ConvergencePolicies.Allowed}");
        }
        else if (child.Name == Ours + "priority")
        {
            const int Most = ConvergenceSettings.MaximumPriority;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var priority) && priority is >= -Most and <= Most)
                return so with { Priority = priority };
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"<priority> says \"{text}\"; {-Most} to {Most} is allowed"));
        }
        else if (child.Name == Ours + "group")
        {
            if (SettingsValidator.GroupFault(text) is not { } fault)
                return so with { Group = text };
            problems.Add($"<group> says {fault}");
        }
        else if (child.Name == Ours + "live")
        {
            if (text is "yes" or "no")
                return so with { Live = text is "yes" };
            problems.Add($"<live> says \"{text}\"; \"yes\" and \"no\" are allowed");
        }
        else if (child.Name == Ours + "when_not_live")
        {
            if (NotLivePolicies.TryParse(text, out var policy))
                return so with { WhenNotLive = policy };
            problems.Add($"<when_not_live> says \"{text}\"; {NotLivePolicies.Allowed}");
        }
        else
        {
            var place = child.Name.Namespace == Ours ? "" : $" (in {(child.Name.NamespaceName.Length == 0 ? "no namespace" : child.Name.NamespaceName)})";
            problems.Add($"<{child.Name.LocalName}>{place} is not known; <policy>, <priority>, <group>, <live> and <when_not_live> of {Namespace} are");
        }

        return so;
    }
}
