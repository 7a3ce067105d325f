using System.CommandLine;
using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Commands;

/// <summary>The options of the lean generator.</summary>
internal sealed class WireSettings
{
    /// <summary>Starts the names of the members that the generator asks for.</summary>
    public const string MemberPrefix = "ratio-";

    public Option<string> Coop { get; } = new("--coop") { Description = "The co-op.", DefaultValueFactory = _ => "messaging" };

    public Option<string> Class { get; } = new("--class") { Description = "The customer class.", DefaultValueFactory = _ => "people" };

    public Option<string> Lane { get; } = new("--lane") { Description = "The lane; default: the first standard one.", DefaultValueFactory = _ => "" };

    public Option<int> Members { get; } = new("--members") { Description = "Members that are asked for by turns.", DefaultValueFactory = _ => 1024 };

    public Option<int> Connections { get; } = new("--connections") { Description = "Connections, a thread each.", DefaultValueFactory = _ => 4 };

    public Option<int> Streams { get; } = new("--streams") { Description = "Calls in flight on each connection.", DefaultValueFactory = _ => 64 };

    public Option<double> Seconds { get; } = new("--seconds") { Description = "Measured seconds of each run.", DefaultValueFactory = _ => 8 };

    public Option<double> WarmUp { get; } = new("--warm-up") { Description = "Seconds before each that do not count.", DefaultValueFactory = _ => 1.5 };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Coop, Class, Lane, Members, Connections, Streams, Seconds, WarmUp }) command.Add(option);
    }

    public WireOptions Read(ParseResult parsed, int port) => new()
    {
        Port = port,
        Prototype = new AdmitRequest
        {
            Coop = parsed.GetValue(Coop)!,
            Member = MemberPrefix,
            Lane = parsed.GetValue(Lane)!,
            Units = 1,
            Key = $"{Guid.NewGuid():N}"[..12] + "-",
        },
        Members = parsed.GetValue(Members),
        Connections = parsed.GetValue(Connections),
        Streams = parsed.GetValue(Streams),
        Measured = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
        WarmUp = TimeSpan.FromSeconds(parsed.GetValue(WarmUp)),
    };
}
