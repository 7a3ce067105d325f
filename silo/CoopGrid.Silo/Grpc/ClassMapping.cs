using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <summary>Classes between the wire and the model.</summary>
internal static class ClassMapping
{
    public static Protocol.V1.ClassState ToReply(Interfaces.ClassState state)
    {
        var reply = new Protocol.V1.ClassState
        {
            Coop = state.Class.Coop,
            Class = state.Class.Class,
            UsageUnits = state.UsageUnits,
            Members = state.Members,
            MeanMilliunits = state.MeanMilliunits,
            MultiplierPermille = state.Price.MultiplierPermille,
            SurgePermille = state.Price.SurgePermille,
            TouPermille = state.Price.TouPermille,
            CapacityUnitsPerSecond = state.Policy.Capacity.UnitsPerSecond,
            BurstUnits = state.Policy.Capacity.BurstUnits,
            PolicyVersion = state.Policy.Version,
            Slice = state.Slice,
            Period = state.Price.Period + Math.Max(0, state.Price.Count - 1),
            AtUnixMs = state.At.UnixMs,
        };
        foreach (LanePolicy lane in state.Policy.Lanes)
        {
            LaneTotals totals = state.Lanes.FirstOrDefault(counted => counted.Lane == lane.Name);
            reply.Lanes.Add(new LaneCounts
            {
                Lane = lane.Name,
                DemandUnits = totals.Demanded,
                AdmittedUnits = totals.Admitted,
                RefusedUnits = totals.Refused,
            });
        }

        return reply;
    }

    public static ClassPolicyReply ToReply(ClassPolicies policies, Instant now)
    {
        ClassPolicy current = policies.At(policies.Current.Window.SliceAt(now));
        ClassPolicy? next = ReferenceEquals(current, policies.Next) ? null : policies.Next;
        return new()
        {
            Version = current.Version,
            PolicyJson = PolicyJson.Write(current),
            NextVersion = next?.Version ?? 0,
            NextPolicyJson = next is null ? "" : PolicyJson.Write(next),
            NextEffectiveUnixMs = next is null ? 0 : current.Window.StartOf(policies.NextFromSlice).UnixMs,
        };
    }

    public static Protocol.V1.PricePeriod ToReply(in Model.PricePeriod row) => new()
    {
        Period = row.Period,
        Count = row.Count,
        DemandUnits = row.Demand,
        TargetUnits = row.Target,
        KUnits = row.K,
        XUnits = row.X,
        CapPermille = row.CapPermille,
        TouPermille = row.TouPermille,
        SurgePermille = row.SurgePermille,
        MultiplierPermille = row.MultiplierPermille,
    };

    public static MeanPoint ToReply(in SliceRow row, WindowPolicy window) => new()
    {
        Slice = row.Slice,
        StartUnixMs = window.StartOf(row.Slice).UnixMs,
        SliceUnits = row.SliceUnits,
        UsageUnits = row.Usage,
        Members = row.Members,
        MeanMilliunits = new Mean(row.Usage, row.Members).Milliunits,
    };
}
