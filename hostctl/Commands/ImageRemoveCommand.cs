using System.CommandLine;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl image remove</c>.</summary>
internal sealed class ImageRemoveCommand : Verb
{
    private readonly Argument<string> _image = new("image") { Description = "Its name or digest" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ImageRemoveCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "remove", "Removes a host image that neither a generation, nor an unfinished operation, nor the configuration needs.") => Add(_image);

    /// <inheritdoc/>
    protected override bool Changes => true;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var removed = await invocation.OpenHost().RemoveImageAsync(invocation.Parsed.GetValue(_image)!, invocation.Token);
        invocation.Out.Line($"Removed {ImageText.NameOf(removed)} ({Format.Digest(removed.Id)}).");
        return (int)ExitCode.Done;
    }
}
