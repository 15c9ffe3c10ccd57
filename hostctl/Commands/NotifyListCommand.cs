using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl notify list</c>.</summary>
internal sealed class NotifyListCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public NotifyListCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "list", "Lists the notices that wait to be delivered.") => Add(options.Format);

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        var waiting = invocation.OpenHost().GetWaitingNotices();
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, NoticeListDocument.From(waiting), json => json.NoticeListDocument);
        else
            NoticeText.Write(invocation.Out, waiting, invocation.Zone);
        return Task.FromResult((int)ExitCode.Done);
    }
}
