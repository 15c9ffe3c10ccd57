using System.CommandLine;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl image pin</c>.</summary>
internal sealed class ImagePinCommand : Verb
{
    private readonly Argument<string> _image = new("image") { Description = "Its name or digest" };
    private readonly Option<bool> _remove = new("--remove") { Description = "Let it go again" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ImagePinCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "pin", "Keeps a host image, whatever else becomes of it: neither hostctl nor 'docker image prune' removes it.")
    {
        Add(_image);
        Add(_remove);
    }

    /// <inheritdoc/>
    protected override bool Changes => true;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var remove = invocation.Parsed.GetValue(_remove);
        var image = await invocation.OpenHost().PinImageAsync(invocation.Parsed.GetValue(_image)!, !remove, invocation.Token);
        invocation.Out.Line(remove
            ? $"{ImageText.NameOf(image)} ({Format.Digest(image.Id)}) is not kept any more."
            : $"{ImageText.NameOf(image)} ({Format.Digest(image.Id)}) is kept.");
        return (int)ExitCode.Done;
    }
}
